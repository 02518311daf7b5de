# Fill in the first, and what it needs; the rest has defaults that deploy/portal.yaml has, too.

variable "signs_in_by" {
  type        = string
  description = "How the portal comes to this role: pod-identity, irsa, or role, from its role in another account."

  validation {
    condition     = can(regex("^(?:pod-identity|irsa|role)$", var.signs_in_by))
    error_message = "It must be pod-identity, irsa or role."
  }
}

variable "cluster_name" {
  type        = string
  description = "For pod-identity: the cluster on which the portal runs, in the account and region of the provider."
  default     = ""

  validation {
    condition     = can(regex("^(?:([A-Za-z0-9][A-Za-z0-9_-]{0,99})?)$", var.cluster_name))
    error_message = "It must be the name of an EKS cluster."
  }
}

variable "namespace" {
  type        = string
  description = "For pod-identity and irsa: the namespace of the portal."
  default     = "backstage"

  validation {
    condition     = can(regex("^(?:[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)$", var.namespace))
    error_message = "It must be the name of a namespace."
  }
}

variable "service_account" {
  type        = string
  description = "For pod-identity and irsa: the service account of the portal."
  default     = "backstage"

  validation {
    condition     = can(regex("^(?:[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)$", var.service_account))
    error_message = "It must be the name of a service account."
  }
}

variable "oidc_issuer" {
  type        = string
  description = "For irsa: the issuer of the cluster on which the portal runs, without https://."
  default     = ""

  validation {
    condition     = can(regex("^(?:([A-Za-z0-9.-]+(/[A-Za-z0-9_-]+)*)?)$", var.oidc_issuer))
    error_message = "It must be an issuer, such as oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE."
  }
}

variable "make_oidc_provider" {
  type        = bool
  description = "For irsa: whether to make the OpenID Connect provider of the cluster, which the account may have already."
  default     = false
}

variable "portal_principal_arn" {
  type        = string
  description = "For role: the ARN of the role of the portal in the other account."
  default     = ""

  validation {
    condition     = can(regex("^(?:(arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+)?)$", var.portal_principal_arn))
    error_message = "It must be the ARN of an IAM role."
  }
}

variable "role_name" {
  type        = string
  description = "Name of the role."
  default     = "backstage-portal"

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9_+=,.@-]{1,64})$", var.role_name))
    error_message = "It must be at most 64 characters that IAM allows in a name."
  }
}

variable "role_prefix" {
  type        = string
  description = "role_prefix of the module above in this account; names that end with the region (Regional of the stack) go into more_role_arns."
  default     = "backstage-eks"

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9_+=,.@-]{1,40})$", var.role_prefix))
    error_message = "It must be at most 40 characters that IAM allows in a name."
  }
}

variable "more_role_arns" {
  type        = list(string)
  description = "ARNs of roles in other accounts, the three or a landing role, and of the roles of further modules."
  default     = []

  validation {
    condition     = alltrue([for arn in var.more_role_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=.@/-]+$", arn))])
    error_message = "It must be ARNs of IAM roles."
  }
}

variable "roles_path" {
  type        = string
  description = "roles_path of the module account in this account."
  default     = "/"

  validation {
    condition     = can(regex("^(?:/([A-Za-z0-9_+=,.@-]+/)*)$", var.roles_path))
    error_message = "It must be a path with both slashes, such as /platform/."
  }
}
