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
