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
    condition     = !anytrue([for action in var.more_data_actions : can(regex("^(?i:(iam|organizations|access-analyzer|account|sso|identitystore|sso-directory|ram|rolesanywhere|eks|eks-auth|ssm|sts):[A-Za-z0-9]+|cloudformation:(CancelUpdateStack|ContinueUpdateRollback|Create[A-Za-z0-9]*|DeleteStack[A-Za-z0-9]*|ExecuteChangeSet|ImportStacksToStackSet|RollbackStack|SetStackPolicy|Update[A-Za-z0-9]*)|cloud9:(Create[A-Za-z0-9]*|UpdateEnvironmentMembership)|codebuild:(BatchStart[A-Za-z0-9]*|CreateProject|RetryBuild[A-Za-z0-9]*|StartBuild[A-Za-z0-9]*|StartSandbox[A-Za-z0-9]*|UpdateProject[A-Za-z0-9]*)|codepipeline:(CreatePipeline|StartPipelineExecution|UpdatePipeline)|datapipeline:(ActivatePipeline|PutPipelineDefinition)|ec2-instance-connect:([A-Za-z0-9]*)|ec2:(ModifyInstanceAttribute)|ecs:(ExecuteCommand|RunTask|StartTask)|elasticmapreduce:(AddJobFlowSteps)|glue:(CreateDevEndpoint|CreateJob|CreateSession|RunStatement|StartJobRun|StartTrigger|UpdateDevEndpoint|UpdateJob[A-Za-z0-9]*)|lambda:(CreateEventSourceMapping|CreateFunction[A-Za-z0-9]*|PublishLayerVersion|UpdateFunction[A-Za-z0-9]*)|sagemaker:(Create[A-Za-z0-9]*|Start[A-Za-z0-9]*|Update[A-Za-z0-9]*)|states:(CreateStateMachine[A-Za-z0-9]*|UpdateStateMachine[A-Za-z0-9]*)|[a-z0-9-]+:([A-Za-z0-9]*(Polic|Permission|Grant)[A-Za-z0-9]*|[A-Za-z0-9]*Acl|Set(Queue|Topic)Attributes))$", action))])
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
