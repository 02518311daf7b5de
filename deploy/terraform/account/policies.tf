# Made by "yarn artefacts" from packages/engine/src/aws/portalRights.ts, which docs/permissions.md explains.

data "aws_iam_policy_document" "trust" {
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

data "aws_iam_policy_document" "boundary" {
  statement {
    sid    = "DataOfWorkloads"
    effect = "Allow"
    actions = [
      "cloudwatch:PutMetricData",
      "dynamodb:BatchGetItem",
      "dynamodb:BatchWriteItem",
      "dynamodb:DeleteItem",
      "dynamodb:DescribeTable",
      "dynamodb:GetItem",
      "dynamodb:PutItem",
      "dynamodb:Query",
      "dynamodb:Scan",
      "dynamodb:UpdateItem",
      "kms:Decrypt",
      "kms:DescribeKey",
      "kms:Encrypt",
      "kms:GenerateDataKey",
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "s3:AbortMultipartUpload",
      "s3:DeleteObject",
      "s3:GetBucketLocation",
      "s3:GetObject",
      "s3:ListAllMyBuckets",
      "s3:ListBucket",
      "s3:PutObject",
      "secretsmanager:GetSecretValue",
      "sns:Publish",
      "sqs:ChangeMessageVisibility",
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
      "sqs:GetQueueUrl",
      "sqs:ReceiveMessage",
      "sqs:SendMessage",
      "ssm:GetParameter",
      "ssm:GetParameters",
      "ssm:GetParametersByPath",
    ]
    resources = ["*"]
  }

  statement {
    sid    = "TargetRolesOfWorkloads"
    effect = "Allow"
    actions = [
      "sts:AssumeRole",
      "sts:TagSession",
    ]
    resources = ["arn:${local.partition}:iam::*:role/workloads/*"]
  }

  statement {
    sid    = "NeverRights"
    effect = "Deny"
    actions = [
      "account:*",
      "eks:*",
      "eks-auth:*",
      "iam:*",
      "organizations:*",
      "sso:*",
    ]
    resources = ["*"]
  }

  statement {
    sid     = "NeverRolesOfThePortal"
    effect  = "Deny"
    actions = ["sts:*"]
    resources = [
      "arn:${local.partition}:iam::${local.account_id}:role${var.roles_path}${var.role_prefix}-*",
      "arn:${local.partition}:iam::${local.account_id}:role${var.role_path}*",
    ]
  }
}

data "aws_iam_policy_document" "more_data" {
  statement {
    sid       = "MoreDataOfWorkloads"
    effect    = "Allow"
    actions   = var.more_data_actions
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "reading" {
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

data "aws_iam_policy_document" "look" {
  statement {
    sid    = "Look"
    effect = "Allow"
    actions = [
      "cloudtrail:LookupEvents",
      "eks:DescribeAddonConfiguration",
      "iam:GetAccountAuthorizationDetails",
      "iam:ListOpenIDConnectProviders",
    ]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "optional" {
  statement {
    sid    = "Optional"
    effect = "Allow"
    actions = [
      "ec2:DescribeLaunchTemplateVersions",
      "eks:DescribeAddonConfiguration",
      "iam:GetAccountAuthorizationDetails",
      "iam:ListOpenIDConnectProviders",
      "iam:SimulatePrincipalPolicy",
    ]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "evidence" {
  statement {
    sid       = "EvidenceOfUse"
    effect    = "Allow"
    actions   = ["cloudtrail:LookupEvents"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "changing" {
  statement {
    sid       = "RolesOnlyWithTheBoundary"
    effect    = "Allow"
    actions   = ["iam:CreateRole"]
    resources = ["arn:${local.partition}:iam::${local.account_id}:role${var.role_path}*"]

    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = [local.boundary_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/backstage.io/portal"
      values   = [var.portal_id]
    }
  }

  statement {
    sid    = "PoliciesOnlyWithTheBoundary"
    effect = "Allow"
    actions = [
      "iam:AttachRolePolicy",
      "iam:DetachRolePolicy",
      "iam:PutRolePolicy",
      "iam:DeleteRolePolicy",
      "iam:PutRolePermissionsBoundary",
    ]
    resources = ["arn:${local.partition}:iam::${local.account_id}:role${var.role_path}*"]

    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = [local.boundary_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/backstage.io/portal"
      values   = [var.portal_id]
    }
  }

  statement {
    sid    = "RolesOfThisPortal"
    effect = "Allow"
    actions = [
      "iam:DeleteRole",
      "iam:TagRole",
      "iam:UpdateAssumeRolePolicy",
      "iam:UpdateRole",
    ]
    resources = ["arn:${local.partition}:iam::${local.account_id}:role${var.role_path}*"]

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
}

data "aws_iam_policy_document" "moving" {
  statement {
    sid       = "TrustOfRolesThatTheirOwnerTagged"
    effect    = "Allow"
    actions   = ["iam:UpdateAssumeRolePolicy"]
    resources = ["arn:${local.partition}:iam::${local.account_id}:role/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/backstage.io/edit-trust"
      values   = [var.portal_id]
    }
  }
}
