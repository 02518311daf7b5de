# Made by "yarn artefacts" from packages/engine/src/aws/portalRights.ts, which docs/permissions.md explains.

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
}

data "aws_iam_policy_document" "look" {
  statement {
    sid    = "LookAtAddons"
    effect = "Allow"
    actions = [
      "eks:DescribeAddon",
      "eks:ListAddons",
    ]
    resources = [
      "arn:${local.partition}:eks:${local.region}:${local.account_id}:cluster/${var.cluster_name}",
      "arn:${local.partition}:eks:${local.region}:${local.account_id}:addon/${var.cluster_name}/*",
    ]
  }
}

data "aws_iam_policy_document" "optional" {
  statement {
    sid    = "Addons"
    effect = "Allow"
    actions = [
      "eks:DescribeAddon",
      "eks:ListAddons",
    ]
    resources = [
      "arn:${local.partition}:eks:${local.region}:${local.account_id}:cluster/${var.cluster_name}",
      "arn:${local.partition}:eks:${local.region}:${local.account_id}:addon/${var.cluster_name}/*",
    ]
  }
}

data "aws_iam_policy_document" "changing" {
  statement {
    sid       = "CreateAssociations"
    effect    = "Allow"
    actions   = ["eks:CreatePodIdentityAssociation"]
    resources = ["arn:${local.partition}:eks:${local.region}:${local.account_id}:cluster/${var.cluster_name}"]
  }

  statement {
    sid    = "ChangeAssociations"
    effect = "Allow"
    actions = [
      "eks:UpdatePodIdentityAssociation",
      "eks:DeletePodIdentityAssociation",
      "eks:TagResource",
    ]
    resources = ["arn:${local.partition}:eks:${local.region}:${local.account_id}:podidentityassociation/${var.cluster_name}/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/backstage.io/portal"
      values   = [var.portal_id]
    }

    condition {
      test     = "StringEqualsIfExists"
      variable = "aws:RequestTag/backstage.io/portal"
      values   = [var.portal_id]
    }
  }

  statement {
    sid       = "PassRolesToPodIdentityOnly"
    effect    = "Allow"
    actions   = ["iam:PassRole"]
    resources = ["arn:${local.partition}:iam::${local.account_id}:role${var.role_path}*"]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["pods.eks.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "iam:AssociatedResourceARN"
      values = [
        "arn:${local.partition}:eks:${local.region}:${local.account_id}:cluster/${var.cluster_name}",
        "arn:${local.partition}:eks:${local.region}:${local.account_id}:podidentityassociation/${var.cluster_name}/*",
      ]
    }
  }
}

data "aws_iam_policy_document" "installing" {
  statement {
    sid       = "InstallTheAgent"
    effect    = "Allow"
    actions   = ["eks:CreateAddon"]
    resources = ["arn:${local.partition}:eks:${local.region}:${local.account_id}:cluster/${var.cluster_name}"]
  }

  statement {
    sid    = "RemoveTheAgent"
    effect = "Allow"
    actions = [
      "eks:DeleteAddon",
      "eks:TagResource",
    ]
    resources = ["arn:${local.partition}:eks:${local.region}:${local.account_id}:addon/${var.cluster_name}/eks-pod-identity-agent/*"]
  }
}
