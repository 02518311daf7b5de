import { InputError, NotAllowedError } from '@backstage/errors';
import { accountOfArn, nameOfArn, partitionOfArn } from '../aws/arn';
import type { ClusterConfig } from '../clusters/types';
import { hasWildcard, matchesPattern } from './patterns';

/**
 * AWS managed policies that grant control of the account, or a way to gain it (passing any role to a service that
 * runs code). A wildcard never allows them; only their literal name in the allow-list does.
 */
const POWERFUL: RegExp[] = [
  /Administrator/i,
  /PowerUser/i,
  /^IAM(?!.*ReadOnly)/,
  /^(AWS)?(Organizations|SSO|Account|ControlTower|IAMIdentityCenter|IdentityCenter).*(?<!ReadOnly(Access)?)$/i,
  /^AWSOrganizations.*FullAccess$/,
  /^(AWSLambda_?|AmazonEC2|AWSCloudFormation|AWSGlueConsole|AmazonSageMaker|AWSDataPipeline_?|AmazonECS_|AWSStepFunctions|AWSBatch|AmazonElasticMapReduce|AWSCodePipeline_|AmazonSSM|AWSServiceCatalogAdmin|AWSCloud9)FullAccess/,
  /^AWSGlueConsoleSageMakerNotebookFullAccess$/,
  /^AWSCodeBuildAdminAccess$/,
  /^AWSCodeStarFullAccess$/,
  /^AWSElasticBeanstalk.*(FullAccess|Admin)/,
  /^SecretsManagerReadWrite$/,
];

/** True for an AWS managed policy that only its literal name in the allow-list can allow. */
function isPowerfulPolicy(arn: string): boolean {
  const name = nameOfArn(arn);
  return (
    accountOfArn(arn) === 'aws' && POWERFUL.some(pattern => pattern.test(name))
  );
}

/** True when `guardrails.managedPolicies.allow` names the policy itself, not by a wildcard. */
export function isNamedPolicy(
  arn: string,
  { guardrails }: Pick<ClusterConfig, 'guardrails'>,
): boolean {
  return guardrails.managedPolicies.allow.includes(arn);
}

/** Policies whose purpose is to deny: a team must never detach them. */
const DENYING = /\/(AWSDenyAll|AWSCompromisedKeyQuarantine)/;

/** Why a policy must not be on a role: `impossible`: the ARN cannot work; `forbidden`: a guardrail refuses it. */
export interface PolicyRefusal {
  kind: 'impossible' | 'forbidden';
  /** Follows the ARN. */
  reason: string;
}

/** Judges one managed policy, whether it is to be attached or already on a role for this cluster. @public */
export function judgeManagedPolicy(
  arn: string,
  cluster: ClusterConfig,
): PolicyRefusal | undefined {
  const partition = partitionOfArn(arn);
  const account = accountOfArn(arn);
  if (hasWildcard(arn)) {
    return {
      kind: 'impossible',
      reason: 'must name one policy: "*", "?" and "$" are not possible in it',
    };
  }
  if (partition !== cluster.partition) {
    return {
      kind: 'impossible',
      reason: `is in partition ${partition}, and cluster ${cluster.id} in ${cluster.partition}: use its ARN of that partition`,
    };
  }
  if (account !== 'aws' && account !== cluster.accountId) {
    return {
      kind: 'impossible',
      reason: `is a policy of account ${account}, and cluster ${cluster.id} is in ${cluster.accountId}: a role can only hold policies of its own account`,
    };
  }
  const { allow } = cluster.guardrails.managedPolicies;
  const literal = isNamedPolicy(arn, cluster);
  if (!literal && isPowerfulPolicy(arn)) {
    return {
      kind: 'forbidden',
      reason:
        'is not allowed: it would hand out control of the account. Choose a narrower policy (only its literal ARN in guardrails.managedPolicies.allow allows it)',
    };
  }
  if (!literal && !allow.some(pattern => matchesPattern(pattern, arn))) {
    return {
      kind: 'forbidden',
      reason: `is not allowed on cluster ${
        cluster.id
      }, whose configuration (guardrails.managedPolicies.allow) allows ${
        allow.length ? `only ${allow.join(', ')}` : 'none'
      }`,
    };
  }
  if (account !== 'aws' && !cluster.guardrails.permissionsBoundaryArn) {
    return {
      kind: 'forbidden',
      reason:
        'is not allowed: customer-managed policies need guardrails.permissionsBoundaryArn to be configured, so that what they grant stays within it',
    };
  }
  return undefined;
}

function checkOne(arn: string, cluster: ClusterConfig): void {
  const refusal = judgeManagedPolicy(arn, cluster);
  if (!refusal) return;
  const text = `The policy ${arn} ${refusal.reason}`;
  throw refusal.kind === 'impossible'
    ? new InputError(text)
    : new NotAllowedError(text);
}

/**
 * Judges the managed policies to attach and to detach.
 *
 * @throws InputError or NotAllowedError naming the policy and the rule
 */
export function checkManagedPolicies(
  input: {
    managedPolicyArns?: string[];
    detachManagedPolicyArns?: string[];
  },
  cluster: ClusterConfig,
): void {
  const attach = input.managedPolicyArns ?? [];
  const detach = input.detachManagedPolicyArns ?? [];
  for (const arn of attach) checkOne(arn, cluster);
  for (const arn of detach) {
    if (attach.includes(arn)) {
      throw new InputError(
        `The policy ${arn} cannot be attached and detached at once`,
      );
    }
    const { allow } = cluster.guardrails.managedPolicies;
    const foreign =
      accountOfArn(arn) !== 'aws' &&
      !allow.some(pattern => matchesPattern(pattern, arn));
    if (foreign || DENYING.test(arn)) {
      throw new NotAllowedError(
        `The policy ${arn} cannot be detached here: it may be there to deny something. Only the policies that the configuration allows (guardrails.managedPolicies.allow), and AWS's own policies that grant, can be detached`,
      );
    }
  }
}
