import { findPattern, hasWildcard, patternsMeet } from './patterns';

/** Services that control access: only reading is harmless. */
export const GOVERNING: Array<{
  service: string;
  reads: string[];
  name: string;
}> = [
  {
    service: 'iam',
    name: 'IAM',
    reads: ['get', 'list', 'simulate', 'generate'],
  },
  {
    service: 'organizations',
    name: 'AWS Organizations',
    reads: ['describe', 'list'],
  },
  {
    service: 'access-analyzer',
    name: 'IAM Access Analyzer',
    reads: ['get', 'list', 'check', 'validate'],
  },
  {
    service: 'account',
    name: 'AWS Account Management',
    reads: ['get', 'list'],
  },
  {
    service: 'sso',
    name: 'IAM Identity Center',
    reads: ['describe', 'get', 'list', 'search'],
  },
  {
    service: 'identitystore',
    name: 'Identity Store',
    reads: ['describe', 'get', 'is', 'list'],
  },
  {
    service: 'sso-directory',
    name: 'the directory of IAM Identity Center',
    reads: ['describe', 'get', 'is', 'list', 'search'],
  },
  {
    service: 'ram',
    name: 'AWS Resource Access Manager',
    reads: ['get', 'list'],
  },
  {
    service: 'rolesanywhere',
    name: 'IAM Roles Anywhere',
    reads: ['get', 'list'],
  },
];

/** Actions that decide who may enter a cluster and which pod gets which role; add-ons bring associations. */
const EKS_FORBIDDEN = [
  'eks:CreateAddon',
  'eks:UpdateAddon',
  'eks:*Association*',
  'eks:*AccessEntry*',
  'eks:*AccessEntries*',
  'eks:*AccessPolicy*',
  'eks:*AccessPolicies*',
  'eks:*IdentityProviderConfig*',
];

/** Actions that reach another role; allowed only on the target roles that guardrails allow. */
const STS_ROLES = [
  'sts:AssumeRole*',
  'sts:TagSession',
  'sts:SetSourceIdentity',
];
const STS_HARMLESS = [
  'sts:getcalleridentity',
  'sts:getaccesskeyinfo',
  'sts:decodeauthorizationmessage',
];

/**
 * Actions by which a workload would run code under another role, or enter a machine that has one, without
 * iam:PassRole: what runs there exists already.
 */
export const OTHER_ROLES = [
  'cloudformation:CancelUpdateStack',
  'cloudformation:ContinueUpdateRollback',
  'cloudformation:Create*',
  'cloudformation:DeleteStack*',
  'cloudformation:ExecuteChangeSet',
  'cloudformation:ImportStacksToStackSet',
  'cloudformation:RollbackStack',
  'cloudformation:SetStackPolicy',
  'cloudformation:Update*',
  'cloud9:Create*',
  'cloud9:UpdateEnvironmentMembership',
  'codebuild:BatchStart*',
  'codebuild:CreateProject',
  'codebuild:RetryBuild*',
  'codebuild:StartBuild*',
  'codebuild:StartSandbox*',
  'codebuild:UpdateProject*',
  'codepipeline:CreatePipeline',
  'codepipeline:StartPipelineExecution',
  'codepipeline:UpdatePipeline',
  'datapipeline:ActivatePipeline',
  'datapipeline:PutPipelineDefinition',
  'ec2-instance-connect:*',
  'ec2:ModifyInstanceAttribute',
  'ecs:ExecuteCommand',
  'ecs:RunTask',
  'ecs:StartTask',
  'eks-auth:*',
  'elasticmapreduce:AddJobFlowSteps',
  'glue:CreateDevEndpoint',
  'glue:CreateJob',
  'glue:CreateSession',
  'glue:RunStatement',
  'glue:StartJobRun',
  'glue:StartTrigger',
  'glue:UpdateDevEndpoint',
  'glue:UpdateJob*',
  'lambda:CreateEventSourceMapping',
  'lambda:CreateFunction*',
  'lambda:PublishLayerVersion',
  'lambda:UpdateFunction*',
  'sagemaker:Create*',
  'sagemaker:Start*',
  'sagemaker:Update*',
  'ssm:CreateActivation',
  'ssm:CreateAssociation*',
  'ssm:CreateDocument',
  'ssm:ResumeSession',
  'ssm:SendCommand',
  'ssm:StartAutomationExecution',
  'ssm:StartChangeRequestExecution',
  'ssm:StartSession',
  'ssm:UpdateAssociation*',
  'ssm:UpdateDocument*',
  'states:CreateStateMachine*',
  'states:UpdateStateMachine*',
];

const ACTION = /^[A-Za-z0-9-]+:[A-Za-z0-9*?]+$/;

function literalStart(pattern: string): string {
  return pattern.split(/[*?]/, 1)[0].toLowerCase();
}

/**
 * Why an action gives control of the account or of another role; undefined when it does not. A wildcard that covers
 * such an action counts as naming it.
 */
export function judgePower(action: string): string | undefined {
  if (/^[*?:]+$/.test(action)) {
    return `"${action}" allows everything: name the actions the workload needs`;
  }
  if (!ACTION.test(action)) return undefined;
  for (const { service, reads, name } of GOVERNING) {
    if (!patternsMeet(action, `${service}:*`)) continue;
    const start = literalStart(action);
    if (!reads.some(read => start.startsWith(`${service}:${read}`))) {
      return action.toLowerCase() === 'iam:passrole'
        ? '"iam:PassRole" would let the workload hand any role to a service'
        : `"${action}" covers writing to ${name}: a workload must not change who may do what`;
    }
  }
  const eks = EKS_FORBIDDEN.find(pattern => patternsMeet(action, pattern));
  if (eks) {
    return `"${action}" covers ${eks}: a workload must not change who gets into a cluster or which pod gets a role`;
  }
  const [running] = otherRolesBehind(action);
  return running
    ? `"${action}" covers ${running}: a workload must not run code under another role`
    : undefined;
}

/**
 * Why no configuration lets a workload have an action by a policy that a user wrote; undefined when one may.
 *
 * @param resources - of the statement
 * @param targets - patterns of roles that may be assumed
 */
export function judgeAction(
  action: string,
  resources: unknown[],
  targets: readonly string[],
): string | undefined {
  const power = judgePower(action);
  if (power) return power;
  if (!ACTION.test(action)) return undefined;
  return patternsMeet(action, 'sts:*')
    ? judgeSts(action, resources, targets)
    : undefined;
}

/** Those by which a workload would reach another role, of what an action covers; service and name are compared apart. */
export function otherRolesBehind(action: string): string[] {
  const [service, name = ''] = action.split(':');
  return OTHER_ROLES.filter(pattern => {
    const [ofService, ofName] = pattern.split(':');
    return patternsMeet(service, ofService) && patternsMeet(name, ofName);
  });
}

function judgeSts(
  action: string,
  resources: unknown[],
  targets: readonly string[],
): string | undefined {
  const lower = action.toLowerCase();
  if (STS_HARMLESS.includes(lower)) return undefined;
  const onlyRoles =
    !/[*?]/.test(lower) &&
    STS_ROLES.some(pattern => patternsMeet(action, pattern));
  if (!onlyRoles) {
    return `"${action}" covers more of STS than a workload needs: name sts:AssumeRole and sts:TagSession on an allowed target role, or give the association a target role`;
  }
  const outside = resources.find(
    resource =>
      typeof resource !== 'string' ||
      hasWildcard(resource) ||
      !findPattern(targets, resource),
  );
  if (resources.length === 0 || outside !== undefined) {
    return `"${action}" on ${JSON.stringify(
      outside ?? 'no resource',
    )} goes beyond guardrails.targetRoles.allow: name the exact ARN of an allowed role`;
  }
  return undefined;
}
