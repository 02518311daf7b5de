output "role" {
  description = "For portal_principal_arn of the module above in this account, and of this one in further ones."
  value       = aws_iam_role.portal.arn
}
