output "role" {
  description = "For role-to-assume of GitHub, or AWS_ROLE_ARN of GitLab."
  value       = aws_iam_role.pipeline.arn
}

output "oidc_provider" {
  description = "For oidc_provider_arn of further modules."
  value       = local.provider_arn
}
