# Fill in the first two; the rest has defaults that deploy/account.yaml has, too.

variable "portal_principal_arn" {
  type        = string
  description = "ARN of the IAM role as which the portal signs in, such as that of the module portal; it may assume the three roles."

  validation {
    condition     = can(regex("^(?:arn:aws[a-z-]*:iam::[0-9]{12}:(user|role)/[A-Za-z0-9_+=,.@/-]+)$", var.portal_principal_arn))
    error_message = "It must be the ARN of an IAM role or user."
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

variable "edit_trust" {
  type        = bool
  description = "Whether the portal may edit the trust policies of roles that their owners tagged for it (guardrails.roles.editTrust)."
  default     = false
}

variable "look" {
  type        = bool
  description = "Whether the read role gets the rights for All AWS access: searching CloudTrail (evidence.cloudTrail) and reading all of IAM; set it in the cluster module as well, for the add-ons."
  default     = false
}

variable "optional_reading" {
  type        = bool
  description = "Whether the read role has the optional rights too, such as reading the whole IAM of the account."
  default     = false
}

variable "cloudtrail_evidence" {
  type        = bool
  description = "Whether the read role may search CloudTrail (evidence.cloudTrail)."
  default     = false
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
  description = "What the names of the portal's own roles begin with."
  default     = "backstage-eks"

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9_+=,.@-]{1,40})$", var.role_prefix))
    error_message = "It must be at most 40 characters that IAM allows in a name."
  }
}

variable "boundary_name" {
  type        = string
  description = "Name of the boundary of workloads' roles."
  default     = "backstage-workload-boundary"

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9_+=,.@-]{1,100})$", var.boundary_name))
    error_message = "It must be at most 100 characters that IAM allows in a name."
  }
}

variable "more_data_actions" {
  type        = list(string)
  description = "Further actions that the boundary of this module (none with boundary_arn or self_service = false) lets workloads have, each by its whole name, such as kinesis:PutRecord; none that writes rights, such as lambda:AddPermission, and none that reaches another role, such as sts:AssumeRole."
  default     = []

  validation {
    condition     = alltrue([for action in var.more_data_actions : can(regex("^[a-z0-9-]+:[A-Z][A-Za-z0-9]+$", action))])
    error_message = "It must be whole names of actions, such as kinesis:PutRecord."
  }

  validation {
    # As in the templates, made from what the guardrails refuse
    condition     = !anytrue([for action in var.more_data_actions : can(regex("^(([Ii][Aa][Mm]|[Oo][Rr][Gg][Aa][Nn][Ii][Zz][Aa][Tt][Ii][Oo][Nn][Ss]|[Aa][Cc][Cc][Ee][Ss][Ss]-[Aa][Nn][Aa][Ll][Yy][Zz][Ee][Rr]|[Aa][Cc][Cc][Oo][Uu][Nn][Tt]|[Ss][Ss][Oo]|[Ii][Dd][Ee][Nn][Tt][Ii][Tt][Yy][Ss][Tt][Oo][Rr][Ee]|[Ss][Ss][Oo]-[Dd][Ii][Rr][Ee][Cc][Tt][Oo][Rr][Yy]|[Rr][Aa][Mm]|[Rr][Oo][Ll][Ee][Ss][Aa][Nn][Yy][Ww][Hh][Ee][Rr][Ee]|[Ee][Kk][Ss]|[Ee][Kk][Ss]-[Aa][Uu][Tt][Hh]|[Ss][Ss][Mm]|[Ss][Tt][Ss]):[A-Za-z0-9]+|[Cc][Ll][Oo][Uu][Dd][Ff][Oo][Rr][Mm][Aa][Tt][Ii][Oo][Nn]:([Cc][Aa][Nn][Cc][Ee][Ll][Uu][Pp][Dd][Aa][Tt][Ee][Ss][Tt][Aa][Cc][Kk]|[Cc][Oo][Nn][Tt][Ii][Nn][Uu][Ee][Uu][Pp][Dd][Aa][Tt][Ee][Rr][Oo][Ll][Ll][Bb][Aa][Cc][Kk]|[Cc][Rr][Ee][Aa][Tt][Ee][A-Za-z0-9]*|[Dd][Ee][Ll][Ee][Tt][Ee][Ss][Tt][Aa][Cc][Kk][A-Za-z0-9]*|[Ee][Xx][Ee][Cc][Uu][Tt][Ee][Cc][Hh][Aa][Nn][Gg][Ee][Ss][Ee][Tt]|[Ii][Mm][Pp][Oo][Rr][Tt][Ss][Tt][Aa][Cc][Kk][Ss][Tt][Oo][Ss][Tt][Aa][Cc][Kk][Ss][Ee][Tt]|[Rr][Oo][Ll][Ll][Bb][Aa][Cc][Kk][Ss][Tt][Aa][Cc][Kk]|[Ss][Ee][Tt][Ss][Tt][Aa][Cc][Kk][Pp][Oo][Ll][Ii][Cc][Yy]|[Uu][Pp][Dd][Aa][Tt][Ee][A-Za-z0-9]*)|[Cc][Ll][Oo][Uu][Dd]9:([Cc][Rr][Ee][Aa][Tt][Ee][A-Za-z0-9]*|[Uu][Pp][Dd][Aa][Tt][Ee][Ee][Nn][Vv][Ii][Rr][Oo][Nn][Mm][Ee][Nn][Tt][Mm][Ee][Mm][Bb][Ee][Rr][Ss][Hh][Ii][Pp])|[Cc][Oo][Dd][Ee][Bb][Uu][Ii][Ll][Dd]:([Bb][Aa][Tt][Cc][Hh][Ss][Tt][Aa][Rr][Tt][A-Za-z0-9]*|[Cc][Rr][Ee][Aa][Tt][Ee][Pp][Rr][Oo][Jj][Ee][Cc][Tt]|[Rr][Ee][Tt][Rr][Yy][Bb][Uu][Ii][Ll][Dd][A-Za-z0-9]*|[Ss][Tt][Aa][Rr][Tt][Bb][Uu][Ii][Ll][Dd][A-Za-z0-9]*|[Ss][Tt][Aa][Rr][Tt][Ss][Aa][Nn][Dd][Bb][Oo][Xx][A-Za-z0-9]*|[Uu][Pp][Dd][Aa][Tt][Ee][Pp][Rr][Oo][Jj][Ee][Cc][Tt][A-Za-z0-9]*)|[Cc][Oo][Dd][Ee][Pp][Ii][Pp][Ee][Ll][Ii][Nn][Ee]:([Cc][Rr][Ee][Aa][Tt][Ee][Pp][Ii][Pp][Ee][Ll][Ii][Nn][Ee]|[Ss][Tt][Aa][Rr][Tt][Pp][Ii][Pp][Ee][Ll][Ii][Nn][Ee][Ee][Xx][Ee][Cc][Uu][Tt][Ii][Oo][Nn]|[Uu][Pp][Dd][Aa][Tt][Ee][Pp][Ii][Pp][Ee][Ll][Ii][Nn][Ee])|[Dd][Aa][Tt][Aa][Pp][Ii][Pp][Ee][Ll][Ii][Nn][Ee]:([Aa][Cc][Tt][Ii][Vv][Aa][Tt][Ee][Pp][Ii][Pp][Ee][Ll][Ii][Nn][Ee]|[Pp][Uu][Tt][Pp][Ii][Pp][Ee][Ll][Ii][Nn][Ee][Dd][Ee][Ff][Ii][Nn][Ii][Tt][Ii][Oo][Nn])|[Ee][Cc]2-[Ii][Nn][Ss][Tt][Aa][Nn][Cc][Ee]-[Cc][Oo][Nn][Nn][Ee][Cc][Tt]:([A-Za-z0-9]*)|[Ee][Cc]2:([Mm][Oo][Dd][Ii][Ff][Yy][Ii][Nn][Ss][Tt][Aa][Nn][Cc][Ee][Aa][Tt][Tt][Rr][Ii][Bb][Uu][Tt][Ee])|[Ee][Cc][Ss]:([Ee][Xx][Ee][Cc][Uu][Tt][Ee][Cc][Oo][Mm][Mm][Aa][Nn][Dd]|[Rr][Uu][Nn][Tt][Aa][Ss][Kk]|[Ss][Tt][Aa][Rr][Tt][Tt][Aa][Ss][Kk])|[Ee][Ll][Aa][Ss][Tt][Ii][Cc][Mm][Aa][Pp][Rr][Ee][Dd][Uu][Cc][Ee]:([Aa][Dd][Dd][Jj][Oo][Bb][Ff][Ll][Oo][Ww][Ss][Tt][Ee][Pp][Ss])|[Gg][Ll][Uu][Ee]:([Cc][Rr][Ee][Aa][Tt][Ee][Dd][Ee][Vv][Ee][Nn][Dd][Pp][Oo][Ii][Nn][Tt]|[Cc][Rr][Ee][Aa][Tt][Ee][Jj][Oo][Bb]|[Cc][Rr][Ee][Aa][Tt][Ee][Ss][Ee][Ss][Ss][Ii][Oo][Nn]|[Rr][Uu][Nn][Ss][Tt][Aa][Tt][Ee][Mm][Ee][Nn][Tt]|[Ss][Tt][Aa][Rr][Tt][Jj][Oo][Bb][Rr][Uu][Nn]|[Ss][Tt][Aa][Rr][Tt][Tt][Rr][Ii][Gg][Gg][Ee][Rr]|[Uu][Pp][Dd][Aa][Tt][Ee][Dd][Ee][Vv][Ee][Nn][Dd][Pp][Oo][Ii][Nn][Tt]|[Uu][Pp][Dd][Aa][Tt][Ee][Jj][Oo][Bb][A-Za-z0-9]*)|[Ll][Aa][Mm][Bb][Dd][Aa]:([Cc][Rr][Ee][Aa][Tt][Ee][Ee][Vv][Ee][Nn][Tt][Ss][Oo][Uu][Rr][Cc][Ee][Mm][Aa][Pp][Pp][Ii][Nn][Gg]|[Cc][Rr][Ee][Aa][Tt][Ee][Ff][Uu][Nn][Cc][Tt][Ii][Oo][Nn][A-Za-z0-9]*|[Pp][Uu][Bb][Ll][Ii][Ss][Hh][Ll][Aa][Yy][Ee][Rr][Vv][Ee][Rr][Ss][Ii][Oo][Nn]|[Uu][Pp][Dd][Aa][Tt][Ee][Ff][Uu][Nn][Cc][Tt][Ii][Oo][Nn][A-Za-z0-9]*)|[Ss][Aa][Gg][Ee][Mm][Aa][Kk][Ee][Rr]:([Cc][Rr][Ee][Aa][Tt][Ee][A-Za-z0-9]*|[Ss][Tt][Aa][Rr][Tt][A-Za-z0-9]*|[Uu][Pp][Dd][Aa][Tt][Ee][A-Za-z0-9]*)|[Ss][Tt][Aa][Tt][Ee][Ss]:([Cc][Rr][Ee][Aa][Tt][Ee][Ss][Tt][Aa][Tt][Ee][Mm][Aa][Cc][Hh][Ii][Nn][Ee][A-Za-z0-9]*|[Uu][Pp][Dd][Aa][Tt][Ee][Ss][Tt][Aa][Tt][Ee][Mm][Aa][Cc][Hh][Ii][Nn][Ee][A-Za-z0-9]*)|[A-Za-z0-9-]+:([A-Za-z0-9]*([Pp][Oo][Ll][Ii][Cc]|[Pp][Ee][Rr][Mm][Ii][Ss][Ss][Ii][Oo][Nn]|[Gg][Rr][Aa][Nn][Tt])[A-Za-z0-9]*|[A-Za-z0-9]*[Aa][Cc][Ll]|[Ss][Ee][Tt]([Qq][Uu][Ee][Uu][Ee]|[Tt][Oo][Pp][Ii][Cc])[Aa][Tt][Tt][Rr][Ii][Bb][Uu][Tt][Ee][Ss]))$", action))])
    error_message = "It must be actions on data: none that writes rights, such as lambda:AddPermission, and none that reaches another role, such as sts:AssumeRole."
  }
}

variable "boundary_arn" {
  type        = string
  description = "ARN of a boundary that the account has already, instead of one that this module makes. It has to deny what NeverRights and NeverRolesOfThePortal deny (docs/permissions.md)."
  default     = ""

  validation {
    condition     = can(regex("^(?:(arn:aws[a-z-]*:iam::[0-9]{12}:policy/[A-Za-z0-9_+=,.@/-]+)?)$", var.boundary_arn))
    error_message = "It must be the ARN of a managed policy."
  }
}

variable "roles_boundary_arn" {
  type        = string
  description = "ARN of the boundary of the three roles themselves, where the account demands one."
  default     = ""

  validation {
    condition     = can(regex("^(?:(arn:aws[a-z-]*:iam::[0-9]{12}:policy/[A-Za-z0-9_+=,.@/-]+)?)$", var.roles_boundary_arn))
    error_message = "It must be the ARN of a managed policy."
  }
}

variable "roles_path" {
  type        = string
  description = "Path of the portal's own roles, where the account demands one; not below role_path, whose roles the portal changes."
  default     = "/"

  validation {
    condition     = can(regex("^(?:/([A-Za-z0-9_+=,.@-]+/)*)$", var.roles_path))
    error_message = "It must be a path with both slashes, such as /platform/."
  }
}
