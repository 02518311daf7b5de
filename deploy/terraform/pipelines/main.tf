# A role for the pipeline of one repository, which verifies identities of one cluster (docs/pipelines.md): it reads what the
# program reads, and one branch or environment assumes it by a token of GitHub or GitLab.
#
# Other roles may trust an OpenID Connect provider that this module made, so Terraform refuses to destroy it while the module
# is in the configuration. Before you remove the module, take the provider out of the state ("terraform state rm"); a new
# module takes it as oidc_provider_arn.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id   = data.aws_caller_identity.current.account_id
  partition    = data.aws_partition.current.partition
  region       = data.aws_region.current.id
  hosts        = { github = "token.actions.githubusercontent.com", gitlab = "gitlab.com" }
  issuer       = var.host == "" ? local.hosts[var.issued_by] : var.host
  provider_arn = var.oidc_provider_arn == "" ? aws_iam_openid_connect_provider.issuer[0].arn : var.oidc_provider_arn
  github       = var.environment == "" ? "repo:${var.repository}:ref:refs/heads/${var.branch}" : "repo:${var.repository}:environment:${var.environment}"
  gitlab       = "project_path:${var.repository}:ref_type:branch:ref:${var.branch}"
  group        = var.group != "" ? var.group : var.probe ? "backstage-verifiers" : "backstage-readers"
  subject      = var.issued_by == "github" ? local.github : local.gitlab
}

resource "aws_iam_openid_connect_provider" "issuer" {
  count          = var.oidc_provider_arn == "" ? 1 : 0
  url            = "https://${local.issuer}"
  client_id_list = [var.audience]

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_iam_role" "pipeline" {
  name               = var.role_name
  description        = "A pipeline that verifies EKS Pod Identities"
  assume_role_policy = data.aws_iam_policy_document.trust.json

  lifecycle {
    precondition {
      condition     = var.issued_by == "github" || var.environment == ""
      error_message = "environment is for issued_by = \"github\"."
    }
  }
}

resource "aws_iam_role_policy" "reading" {
  name   = "reading"
  role   = aws_iam_role.pipeline.name
  policy = data.aws_iam_policy_document.reading.json
}

resource "aws_eks_access_entry" "pipeline" {
  count             = var.access_entry ? 1 : 0
  cluster_name      = var.cluster_name
  principal_arn     = aws_iam_role.pipeline.arn
  kubernetes_groups = [local.group]
}
