# Made by "yarn artefacts" from packages/engine/src/aws/portalRights.ts, which docs/permissions.md explains.

data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "ThePipelineOnly"
    effect  = "Allow"
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = [var.audience]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = [local.subject]
    }
  }
}

data "aws_iam_policy_document" "reading" {
  statement {
    sid    = "Clusters"
    effect = "Allow"
    actions = [
      "eks:DescribeCluster",
      "eks:ListNodegroups",
      "eks:ListPodIdentityAssociations",
    ]
    resources = ["arn:${local.partition}:eks:${local.region}:${local.account_id}:cluster/${var.cluster_name}"]
  }

  statement {
    sid    = "BelowClusters"
    effect = "Allow"
    actions = [
      "eks:DescribePodIdentityAssociation",
      "eks:DescribeAddon",
      "eks:DescribeNodegroup",
    ]
    resources = [
      "arn:${local.partition}:eks:${local.region}:${local.account_id}:podidentityassociation/${var.cluster_name}/*",
      "arn:${local.partition}:eks:${local.region}:${local.account_id}:addon/${var.cluster_name}/eks-pod-identity-agent/*",
      "arn:${local.partition}:eks:${local.region}:${local.account_id}:nodegroup/${var.cluster_name}/*/*",
    ]
  }

  statement {
    sid    = "Roles"
    effect = "Allow"
    actions = [
      "iam:GetRole",
      "iam:GetRolePolicy",
      "iam:ListAttachedRolePolicies",
      "iam:ListInstanceProfilesForRole",
      "iam:ListRolePolicies",
    ]
    resources = ["arn:${local.partition}:iam::${local.account_id}:role/*"]
  }

  statement {
    sid    = "Policies"
    effect = "Allow"
    actions = [
      "iam:GetPolicy",
      "iam:GetPolicyVersion",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "VpcEndpoints"
    effect    = "Allow"
    actions   = ["ec2:DescribeVpcEndpoints"]
    resources = ["*"]
  }
}
