# Made by "yarn artefacts" from packages/engine/src/aws/portalRights.ts, which docs/permissions.md explains.

data "aws_iam_policy_document" "pod_identity" {
  statement {
    sid    = "ThePortalOnly"
    effect = "Allow"
    actions = [
      "sts:AssumeRole",
      "sts:TagSession",
    ]

    principals {
      type        = "Service"
      identifiers = ["pods.eks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/eks-cluster-arn"
      values   = ["arn:${local.partition}:eks:${local.region}:${local.account_id}:cluster/${var.cluster_name}"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/kubernetes-namespace"
      values   = [var.namespace]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/kubernetes-service-account"
      values   = [var.service_account]
    }
  }
}

data "aws_iam_policy_document" "irsa" {
  statement {
    sid     = "ThePortalOnly"
    effect  = "Allow"
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${var.oidc_issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "${var.oidc_issuer}:sub"
      values   = ["system:serviceaccount:${var.namespace}:${var.service_account}"]
    }
  }
}

data "aws_iam_policy_document" "role" {
  statement {
    sid    = "ThePortalOnly"
    effect = "Allow"
    actions = [
      "sts:AssumeRole",
      "sts:TagSession",
    ]

    principals {
      type        = "AWS"
      identifiers = [var.portal_principal_arn]
    }
  }
}

data "aws_iam_policy_document" "assuming" {
  statement {
    sid    = "AssumeTheRolesOfThePortal"
    effect = "Allow"
    actions = [
      "sts:AssumeRole",
      "sts:TagSession",
    ]
    resources = [
      "arn:${local.partition}:iam::${local.account_id}:role${var.roles_path}${var.role_prefix}-read",
      "arn:${local.partition}:iam::${local.account_id}:role${var.roles_path}${var.role_prefix}-verify",
      "arn:${local.partition}:iam::${local.account_id}:role${var.roles_path}${var.role_prefix}-write",
    ]
  }
}

data "aws_iam_policy_document" "elsewhere" {
  statement {
    sid    = "AssumeTheRolesOfThePortal"
    effect = "Allow"
    actions = [
      "sts:AssumeRole",
      "sts:TagSession",
    ]
    resources = var.more_role_arns
  }
}
