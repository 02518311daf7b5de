# Fill in the first two; give the rest as to the module of the account.

variable "cluster_name" {
  type        = string
  description = "Name of the EKS cluster, in the account and region of the provider."

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9][A-Za-z0-9_-]{0,99})$", var.cluster_name))
    error_message = "It must be the name of an EKS cluster."
  }
}

variable "portal_id" {
  type        = string
  description = "portalId of app-config or, where that sets none, the host of app.baseUrl; what the portal makes is tagged with it."

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9_.:/=+@-]{1,256})$", var.portal_id))
    error_message = "It must be at most 256 letters, digits and _.:/=+@-, such as portal.example.com."
  }
}

variable "self_service" {
  type        = bool
  description = "Whether the portal makes and changes identities, or only watches and proves them."
  default     = true
}

variable "install_agent" {
  type        = bool
  description = "Whether the portal may install the Pod Identity Agent (allow.installAgent)."
  default     = false
}

variable "look" {
  type        = bool
  description = "Whether the read role gets the add-ons' part of the rights for All AWS access; the others come with look of the account module, so set it there as well."
  default     = false
}

variable "optional_reading" {
  type        = bool
  description = "Whether the read role has the optional rights too, such as reading the whole IAM of the account."
  default     = false
}

variable "access_entries" {
  type        = bool
  description = "Whether to make access entries; false for a CONFIG_MAP cluster, which needs entries in aws-auth."
  default     = true
}

variable "role_path" {
  type        = string
  description = "Path of the roles that the portal makes (role.path in app-config), one for all clusters that share the three roles."
  default     = "/backstage/"

  validation {
    condition     = can(regex("^(?:/([A-Za-z0-9_+=,.@-]+/)+)$", var.role_path))
    error_message = "It must be a path with both slashes, such as /backstage/."
  }
}

variable "role_prefix" {
  type        = string
  description = "What the names of the portal's own roles begin with: the output role_prefix of the module account, so that Terraform makes the roles first."
  default     = "backstage-eks"

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9_+=,.@-]{1,40})$", var.role_prefix))
    error_message = "It must be at most 40 characters that IAM allows in a name."
  }
}

variable "roles_path" {
  type        = string
  description = "roles_path of the module account."
  default     = "/"

  validation {
    condition     = can(regex("^(?:/([A-Za-z0-9_+=,.@-]+/)*)$", var.roles_path))
    error_message = "It must be a path with both slashes, such as /platform/."
  }
}
