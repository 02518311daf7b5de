output "read_role" {
  description = "For roles.read of each cluster in app-config."
  value       = aws_iam_role.read.arn
}

output "verify_role" {
  description = "For roles.verify."
  value       = aws_iam_role.verify.arn
}

output "write_role" {
  description = "For roles.write; null without self_service."
  value       = one(aws_iam_role.write[*].arn)
}

output "boundary" {
  description = "For role.permissionsBoundaryArn; null without self_service."
  value       = var.self_service ? local.boundary_arn : null
}

output "role_prefix" {
  description = "For role_prefix of the module cluster, which needs the roles."
  value       = var.role_prefix
  depends_on  = [aws_iam_role.read, aws_iam_role.verify, aws_iam_role.write]
}
