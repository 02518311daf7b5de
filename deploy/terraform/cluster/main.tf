# One cluster of an account that has the module account: the rights of the portal's three roles in it, and their access
# entries. Give it role_prefix from the outputs of that module.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.id

  reading    = [data.aws_iam_policy_document.reading.json]
  look       = var.look ? [data.aws_iam_policy_document.look.json] : []
  optional   = var.optional_reading ? [data.aws_iam_policy_document.optional.json] : []
  changing   = [data.aws_iam_policy_document.changing.json]
  installing = var.install_agent ? [data.aws_iam_policy_document.installing.json] : []
}

data "aws_iam_policy_document" "read" {
  source_policy_documents = concat(local.reading, local.look, local.optional)
}

resource "aws_iam_policy" "read" {
  name_prefix = substr("${var.role_prefix}-read-${var.cluster_name}", 0, 100)
  description = "The developer portal in one cluster: read"
  policy      = data.aws_iam_policy_document.read.json
}

resource "aws_iam_role_policy_attachment" "read" {
  role       = "${var.role_prefix}-read"
  policy_arn = aws_iam_policy.read.arn
}

data "aws_iam_policy_document" "verify" {
  source_policy_documents = local.reading
}

resource "aws_iam_policy" "verify" {
  name_prefix = substr("${var.role_prefix}-verify-${var.cluster_name}", 0, 100)
  description = "The developer portal in one cluster: verify"
  policy      = data.aws_iam_policy_document.verify.json
}

resource "aws_iam_role_policy_attachment" "verify" {
  role       = "${var.role_prefix}-verify"
  policy_arn = aws_iam_policy.verify.arn
}

data "aws_iam_policy_document" "write" {
  source_policy_documents = concat(local.reading, local.changing, local.installing)
}

resource "aws_iam_policy" "write" {
  count       = var.self_service ? 1 : 0
  name_prefix = substr("${var.role_prefix}-write-${var.cluster_name}", 0, 100)
  description = "The developer portal in one cluster: write"
  policy      = data.aws_iam_policy_document.write.json
}

resource "aws_iam_role_policy_attachment" "write" {
  count      = var.self_service ? 1 : 0
  role       = "${var.role_prefix}-write"
  policy_arn = aws_iam_policy.write[0].arn
}

resource "aws_eks_access_entry" "read" {
  count             = var.access_entries ? 1 : 0
  cluster_name      = var.cluster_name
  principal_arn     = "arn:${local.partition}:iam::${local.account_id}:role${var.roles_path}${var.role_prefix}-read"
  kubernetes_groups = ["backstage-readers"]
}

resource "aws_eks_access_entry" "verify" {
  count             = var.access_entries ? 1 : 0
  cluster_name      = var.cluster_name
  principal_arn     = "arn:${local.partition}:iam::${local.account_id}:role${var.roles_path}${var.role_prefix}-verify"
  kubernetes_groups = ["backstage-verifiers"]
}

resource "aws_eks_access_entry" "write" {
  count             = var.self_service && var.access_entries ? 1 : 0
  cluster_name      = var.cluster_name
  principal_arn     = "arn:${local.partition}:iam::${local.account_id}:role${var.roles_path}${var.role_prefix}-write"
  kubernetes_groups = ["backstage-writers"]
}
