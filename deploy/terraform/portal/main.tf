# The principal of the portal in one account: the role with which it assumes its three roles there, and no more. Its output is
# portal_principal_arn of the module above, which docs/adopting.md applies after this one.
#
# Every role of the cluster may trust an OpenID Connect provider that this module made, so Terraform refuses to destroy it while
# the module is in the configuration. Before you remove the module, or sign in by something else, take the provider out of the
# state ("terraform state rm"), and set make_oidc_provider = false.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id   = data.aws_caller_identity.current.account_id
  partition    = data.aws_partition.current.partition
  region       = data.aws_region.current.id
  new_provider = var.signs_in_by == "irsa" && var.make_oidc_provider
  known        = "arn:${local.partition}:iam::${local.account_id}:oidc-provider/${var.oidc_issuer}"
  provider_arn = local.new_provider ? aws_iam_openid_connect_provider.cluster[0].arn : local.known

  trusts = {
    "pod-identity" = data.aws_iam_policy_document.pod_identity.json
    irsa           = data.aws_iam_policy_document.irsa.json
    role           = data.aws_iam_policy_document.role.json
  }

  needs = {
    "pod-identity" = var.cluster_name
    irsa           = var.oidc_issuer
    role           = var.portal_principal_arn
  }
}

resource "aws_iam_openid_connect_provider" "cluster" {
  count          = local.new_provider ? 1 : 0
  url            = "https://${var.oidc_issuer}"
  client_id_list = ["sts.amazonaws.com"]

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_iam_role" "portal" {
  name               = var.role_name
  description        = "The developer portal signs in"
  assume_role_policy = local.trusts[var.signs_in_by]

  lifecycle {
    precondition {
      condition     = local.needs[var.signs_in_by] != ""
      error_message = "signs_in_by needs cluster_name for pod-identity, oidc_issuer for irsa, and portal_principal_arn for role."
    }
  }
}

resource "aws_iam_role_policy" "assuming" {
  name   = "assuming"
  role   = aws_iam_role.portal.name
  policy = data.aws_iam_policy_document.assuming.json
}

resource "aws_iam_role_policy" "elsewhere" {
  count  = length(var.more_role_arns) == 0 ? 0 : 1
  name   = "elsewhere"
  role   = aws_iam_role.portal.name
  policy = data.aws_iam_policy_document.elsewhere.json
}

resource "aws_eks_pod_identity_association" "portal" {
  count           = var.signs_in_by == "pod-identity" ? 1 : 0
  cluster_name    = var.cluster_name
  namespace       = var.namespace
  service_account = var.service_account
  role_arn        = aws_iam_role.portal.arn
}
