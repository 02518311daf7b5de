# For several clusters of one account, instead of the module above: the boundary of workloads' roles, and the portal's three
# roles with the rights that name no cluster. Each cluster adds its own rights and access entries with the module cluster.
#
# IAM refuses to delete the boundary while roles of workloads carry it: to destroy the module, take it out of the state
# ("terraform state rm"); a new module takes it as boundary_arn.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account_id   = data.aws_caller_identity.current.account_id
  partition    = data.aws_partition.current.partition
  new_boundary = "arn:${local.partition}:iam::${local.account_id}:policy/${var.boundary_name}"
  boundary_arn = var.boundary_arn == "" ? local.new_boundary : var.boundary_arn
}

data "aws_iam_policy_document" "whole_boundary" {
  source_policy_documents = concat(
    [data.aws_iam_policy_document.boundary.json],
    length(var.more_data_actions) == 0 ? [] : [data.aws_iam_policy_document.more_data.json],
  )
}

resource "aws_iam_policy" "boundary" {
  count       = var.self_service && var.boundary_arn == "" ? 1 : 0
  name        = var.boundary_name
  description = "The limit of every role that the developer portal makes"
  policy      = data.aws_iam_policy_document.whole_boundary.json
}

resource "aws_iam_policy" "reading" {
  name        = "${var.role_prefix}-account"
  description = "What the developer portal reads in the account"
  policy      = data.aws_iam_policy_document.reading.json

  # Of a policy that is there in any case
  lifecycle {
    precondition {
      condition     = var.self_service && var.boundary_arn == "" || length(var.more_data_actions) == 0
      error_message = "more_data_actions is for the boundary that this module makes: none with boundary_arn or self_service = false."
    }
    precondition {
      condition     = var.roles_path != var.role_path
      error_message = "roles_path has to differ from role_path, whose roles the portal changes."
    }
  }
}

resource "aws_iam_role" "read" {
  name                 = "${var.role_prefix}-read"
  path                 = var.roles_path
  description          = "The developer portal: read"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.roles_boundary_arn == "" ? null : var.roles_boundary_arn
}

resource "aws_iam_role_policy_attachment" "read" {
  role       = aws_iam_role.read.name
  policy_arn = aws_iam_policy.reading.arn
}

resource "aws_iam_role_policy" "look" {
  count  = var.look ? 1 : 0
  name   = "look"
  role   = aws_iam_role.read.name
  policy = data.aws_iam_policy_document.look.json
}

resource "aws_iam_role_policy" "optional" {
  count  = var.optional_reading ? 1 : 0
  name   = "optional"
  role   = aws_iam_role.read.name
  policy = data.aws_iam_policy_document.optional.json
}

resource "aws_iam_role_policy" "evidence" {
  count  = var.cloudtrail_evidence ? 1 : 0
  name   = "evidence"
  role   = aws_iam_role.read.name
  policy = data.aws_iam_policy_document.evidence.json
}

resource "aws_iam_role" "verify" {
  name                 = "${var.role_prefix}-verify"
  path                 = var.roles_path
  description          = "The developer portal: verify"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.roles_boundary_arn == "" ? null : var.roles_boundary_arn
}

resource "aws_iam_role_policy_attachment" "verify" {
  role       = aws_iam_role.verify.name
  policy_arn = aws_iam_policy.reading.arn
}

resource "aws_iam_role" "write" {
  count                = var.self_service ? 1 : 0
  name                 = "${var.role_prefix}-write"
  path                 = var.roles_path
  description          = "The developer portal: write"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.roles_boundary_arn == "" ? null : var.roles_boundary_arn
}

resource "aws_iam_role_policy_attachment" "write" {
  count      = var.self_service ? 1 : 0
  role       = aws_iam_role.write[0].name
  policy_arn = aws_iam_policy.reading.arn
}

resource "aws_iam_role_policy" "changing" {
  count  = var.self_service ? 1 : 0
  name   = "changing"
  role   = aws_iam_role.write[0].name
  policy = data.aws_iam_policy_document.changing.json
}

resource "aws_iam_role_policy" "moving" {
  count  = var.self_service && var.edit_trust ? 1 : 0
  name   = "moving"
  role   = aws_iam_role.write[0].name
  policy = data.aws_iam_policy_document.moving.json
}
