import { InputError, NotAllowedError } from '@backstage/errors';
import {
  agentInstallPermission,
  type AssociateInput,
  type MigrateInput,
  type RestartInput,
  type RollbackInput,
  type TeardownInput,
  type VerifyInput,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  defaultRoleNames,
  identityTarget,
  isLikeDefaultName,
} from '../identity/names';
import { listed } from '../text/listed';
import {
  analyzePolicy,
  checkInlinePolicies,
  throwFindings,
} from './inlinePolicies';
import { checkManagedPolicies } from './managedPolicies';
import { checkNamespace } from './namespaces';
import { checkPermissionChecks } from './probeCommands';
import {
  checkChanges,
  checkEntity,
  checkRestartRight,
  type GuardrailContext,
} from './requestContext';
import { checkRoleAccount, checkTargetRole } from './roles';
import { checkTags } from './tags';
import { checkMigrate, checkRestart, checkRollback } from './workloadRequests';
import { settingOf, voiceOf } from '../text/voice';

function checkAgentRight(
  field: string,
  { cluster, granted }: GuardrailContext,
): void {
  if (!cluster.allow.installAgent) {
    throw new NotAllowedError(
      `${field} is not allowed: cluster ${cluster.id} is configured without allow.installAgent. Ask its owner`,
    );
  }
  if (!granted.has(agentInstallPermission.name)) {
    throw new NotAllowedError(
      `${field} is not allowed: you lack the permission ${agentInstallPermission.name} on this cluster`,
    );
  }
}

/**
 * Judges the trust scope of an association whose session tags are off.
 *
 * @throws InputError
 */
export function checkTrustWithoutTags(
  scope: AssociateInput['trustScope'],
): void {
  if (scope === undefined || scope === 'account') return;
  throw new InputError(
    `trustScope "${scope}" cannot work with disableSessionTags: the trust policy would ask for session tags that are not sent. Leave trustScope out (it is then "account") or keep the session tags`,
  );
}

/** Characters. Source: EKS API reference, CreatePodIdentityAssociation, policy. */
const MAX_SESSION_POLICY = 2_048;

function checkSessionSettings(input: AssociateInput): void {
  if (input.disableSessionTags) checkTrustWithoutTags(input.trustScope);
  if (input.sessionPolicy) {
    if (!input.disableSessionTags) {
      throw new InputError(
        'sessionPolicy needs disableSessionTags: true; EKS takes a session policy only without session tags',
      );
    }
    const size = JSON.stringify(input.sessionPolicy).length;
    if (size > MAX_SESSION_POLICY) {
      throw new InputError(
        `sessionPolicy has ${size} characters, and EKS accepts at most ${MAX_SESSION_POLICY}: shorten it`,
      );
    }
    // A session policy only narrows: only malformed parts matter here, forbidden ones are harmless.
    throwFindings(
      'sessionPolicy',
      analyzePolicy(input.sessionPolicy, []).filter(
        ({ kind }) => kind === 'malformed',
      ),
    );
  }
}

/** What an existing role keeps, by input. An input that begins with `role` does not compile until it stands here. */
const KEPT: Record<
  Exclude<keyof AssociateInput & `role${string}`, 'roleArn'>,
  string
> = { roleName: 'name', rolePath: 'path', roleDescription: 'description' };

function checkRoleInputs(
  input: AssociateInput,
  { cluster }: GuardrailContext,
): void {
  if (input.roleArn) {
    checkRoleAccount('roleArn', input.roleArn, cluster);
    for (const field of Object.keys(KEPT) as (keyof typeof KEPT)[]) {
      if (input[field] !== undefined) {
        throw new InputError(
          `${field} is not possible with an existing role, which keeps its ${listed(
            Object.values(KEPT),
          )}`,
        );
      }
    }
  }
  if (
    input.rolePath !== undefined &&
    !input.rolePath.startsWith(cluster.rolePath)
  ) {
    throw new NotAllowedError(
      `rolePath ${input.rolePath} is not allowed: it must begin with ${cluster.rolePath}, the configured role.path`,
    );
  }
  if (
    input.roleName &&
    isLikeDefaultName(input.roleName) &&
    !defaultRoleNames(cluster.name, identityTarget(cluster, input)).includes(
      input.roleName,
    )
  ) {
    throw new NotAllowedError(
      `roleName ${input.roleName} is not allowed: it looks like the generated name of another service account's role. Leave it out, or choose a name that does not begin with "eks-" and end with eight hexadecimal digits`,
    );
  }
  if (
    input.roleName &&
    /^(AWSServiceRole|AWSReservedSSO_)/i.test(input.roleName)
  ) {
    throw new InputError(
      `roleName ${input.roleName} is not possible: AWS reserves such names`,
    );
  }
}

/**
 * Judges an associate request before any call.
 *
 * @throws InputError or NotAllowedError naming field and rule
 */
export function checkAssociate(
  input: AssociateInput,
  context: GuardrailContext,
): void {
  const { cluster, config } = context;
  if (input.keepSettings) {
    throw new InputError(
      'keepSettings: the last run of this identity is not known here; name the settings',
    );
  }
  checkChanges(context);
  checkEntity(input, context);
  checkNamespace(input.namespace, cluster);
  checkRoleInputs(input, context);
  checkManagedPolicies(input, cluster);
  checkInlinePolicies(input.inlinePolicies, cluster);
  checkTargetRole(input.targetRoleArn, cluster);
  checkSessionSettings(input);
  checkTags(input.tags, config.tags, cluster.guardrails.tags.allow);
  if (input.createNamespace && !cluster.allow.createNamespace) {
    throw new NotAllowedError(
      `createNamespace is not allowed: cluster ${cluster.id} is configured without allow.createNamespace. Ask its owner for the namespace`,
    );
  }
  if (cluster.kubernetes.access === 'none') {
    if (input.createNamespace || input.createServiceAccount === 'always') {
      throw new InputError(
        `${
          input.createNamespace ? 'createNamespace' : 'createServiceAccount'
        } is not possible: cluster ${cluster.id} is configured with ${settingOf(
          voiceOf(cluster),
          'kubernetes.access: none',
        )}. Apply the manifest of the outputs yourself`,
      );
    }
  }
  if (input.restartWorkloads) {
    if (input.waitUntilEffective === false) {
      throw new InputError(
        'Pods can be restarted only after the identity has taken effect, which this request does not wait for: a pod that starts before receives no identity',
      );
    }
    checkRestartRight('restartWorkloads', context);
  }
  if (input.installAgent === true) checkAgentRight('installAgent', context);
}

/**
 * Judges a verify request before any call.
 *
 * @throws InputError or NotAllowedError naming field and rule
 */
export function checkVerify(
  input: VerifyInput,
  context: GuardrailContext,
): void {
  const { cluster } = context;
  checkEntity(input, context);
  // Reading is harmless everywhere; only a pod, even as a dry run, enters the namespace.
  if (input.probe !== 'none') checkNamespace(input.namespace, cluster);
  checkPermissionChecks(input.permissionChecks, cluster);
  if (input.permissionChecks?.length && (input.probe ?? 'pod') !== 'pod') {
    throw new InputError(
      `permissionChecks need probe: pod; with probe: ${input.probe} no pod runs that could try them`,
    );
  }
  if (input.perNodeGroup && (input.probe ?? 'pod') !== 'pod') {
    throw new InputError(
      `perNodeGroup needs probe: pod; with probe: ${input.probe} no pod runs in any node group`,
    );
  }
}

/**
 * Judges a teardown request before any call. Namespaces are not judged: a teardown removes only what the portal made,
 * and must be able to do so in a namespace that was closed later.
 *
 * @throws InputError or NotAllowedError naming field and rule
 */
export function checkTeardown(
  input: TeardownInput,
  context: GuardrailContext,
): void {
  checkChanges(context);
  checkEntity(input, context);
  if (input.removeAgent) checkAgentRight('removeAgent', context);
  const { createdByTask, onlyCreatedByTask } = input;
  const isEmpty = !createdByTask?.trim();
  // The scaffolder leaves out what renders to nothing.
  if (isEmpty && onlyCreatedByTask) {
    throw new InputError(
      'onlyCreatedByTask is set, but createdByTask is missing or empty: name the scaffolder task',
    );
  }
  if (isEmpty && createdByTask !== undefined) {
    throw new InputError(
      'createdByTask is empty: name the scaffolder task, or leave it out to remove everything',
    );
  }
}

/** The requests that the engine accepts. */
export type JudgedRequest =
  | { kind: 'associate'; input: AssociateInput }
  | { kind: 'verify'; input: VerifyInput }
  | { kind: 'teardown'; input: TeardownInput }
  | { kind: 'restart'; input: RestartInput }
  | { kind: 'migrate'; input: MigrateInput }
  | { kind: 'rollback'; input: RollbackInput };

/**
 * Judges a request completely before any call. Plan and apply both use it, and so can a queue that wants to refuse a
 * request on arrival.
 *
 * @throws InputError or NotAllowedError naming field and rule
 * @public
 */
export function checkRequest(
  request: JudgedRequest,
  context: GuardrailContext,
): void {
  switch (request.kind) {
    case 'associate':
      return checkAssociate(request.input, context);
    case 'verify':
      return checkVerify(request.input, context);
    case 'teardown':
      return checkTeardown(request.input, context);
    case 'restart':
      return checkRestart(request.input, context);
    case 'migrate':
      return checkMigrate(request.input, context);
    case 'rollback':
      return checkRollback(request.input, context);
    default:
      throw new InputError(
        `Unknown kind of operation: ${(request as { kind: string }).kind}`,
      );
  }
}
