# Fill in the first three; the rest has defaults that deploy/pipelines.yaml has, too.

variable "cluster_name" {
  type        = string
  description = "Name of the EKS cluster, in the account and region of the provider."

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9][A-Za-z0-9_-]{0,99})$", var.cluster_name))
    error_message = "It must be the name of an EKS cluster."
  }
}

variable "issued_by" {
  type        = string
  description = "Who issues the token: github or gitlab."

  validation {
    condition     = can(regex("^(?:github|gitlab)$", var.issued_by))
    error_message = "It must be github or gitlab."
  }
}

variable "repository" {
  type        = string
  description = "owner/repository of GitHub, as owner@ID/repository@ID where its subjects are immutable, or group/project of GitLab."

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9_.@-]+(/[A-Za-z0-9_.@-]+)+)$", var.repository))
    error_message = "It must be a repository, such as acme/payments."
  }
}

variable "branch" {
  type        = string
  description = "The branch whose pipelines assume the role."
  default     = "main"

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9_./@#+=,-]+)$", var.branch))
    error_message = "It must be one branch."
  }
}

variable "environment" {
  type        = string
  description = "The environment of GitHub whose jobs assume the role, instead of those of the branch; it needs deployment branch rules."
  default     = ""

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9_.@-]*)$", var.environment))
    error_message = "It must be one environment."
  }
}

variable "host" {
  type        = string
  description = "Issuer without https://, where it is not token.actions.githubusercontent.com or gitlab.com."
  default     = ""

  validation {
    condition     = can(regex("^(?:([A-Za-z0-9.-]+(/[A-Za-z0-9_-]+)*)?)$", var.host))
    error_message = "It must be the host of an issuer, such as gitlab.example.com."
  }
}

variable "audience" {
  type        = string
  description = "The audience of the token."
  default     = "sts.amazonaws.com"

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9_.:/-]+)$", var.audience))
    error_message = "It must be one audience."
  }
}

variable "oidc_provider_arn" {
  type        = string
  description = "ARN of the OpenID Connect provider of the issuer, where the account has one; without it this module makes one."
  default     = ""

  validation {
    condition     = can(regex("^(?:(arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/[A-Za-z0-9./_-]+)?)$", var.oidc_provider_arn))
    error_message = "It must be the ARN of an OpenID Connect provider."
  }
}

variable "probe" {
  type        = bool
  description = "Whether it is in the group backstage-verifiers, which may start the probe in all of its namespaces, or only reads, with --probe none."
  default     = true
}

variable "group" {
  type        = string
  description = "The group of its access entry, instead of backstage-verifiers or backstage-readers, such as one for fewer namespaces."
  default     = ""

  validation {
    condition     = can(regex("^(?:([A-Za-z0-9][A-Za-z0-9_.@/-]*)?)$", var.group))
    error_message = "It must be the name of a group without colons."
  }
}

variable "access_entry" {
  type        = bool
  description = "Whether to make an access entry; false for a CONFIG_MAP cluster, which needs an entry in aws-auth."
  default     = true
}

variable "role_name" {
  type        = string
  description = "Name of the role."
  default     = "backstage-eks-pipeline"

  validation {
    condition     = can(regex("^(?:[A-Za-z0-9_+=,.@-]{1,64})$", var.role_name))
    error_message = "It must be at most 64 characters that IAM allows in a name."
  }
}
