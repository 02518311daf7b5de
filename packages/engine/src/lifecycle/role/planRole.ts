import type { AssociateInput } from 'backstage-plugin-eks-pod-identity-common';
import type { Desired } from '../desired';
import type { AssociateIntent } from '../associate/intents';
import type { LiveRole } from './liveRole';
import { ownerInWords, strangerInWords } from '../../identity/ownership';
import { trustSid } from '../../identity/names';
import type { PlanBuilder } from '../steps/PlanBuilder';
import { planSharersFit } from './planRoleFit';
import {
  planBoundary,
  planGivenPolicies,
  planPolicies,
  planRoleTags,
} from './planRolePolicies';
import { sameStatement } from '../../iam/policyCompare';
import type { RoleChoice } from './roleChoice';
import type { Scope } from '../steps/scope';
import { consoleLinks } from '../../identity/consoleLinks';
import {
  readTrust,
  trustPolicy,
  TrustScope,
  trustStatement,
  withStatement,
} from '../../identity/trust';
import { analyseTrustPolicy } from '../../identity/trustAnalysis';
import { parsePolicyDocument, PolicyDocument } from '../../iam/policyDocument';

type Builder = PlanBuilder<AssociateIntent>;

/** What the planner of a role needs. */
export interface RolePlanOptions {
  scope: Scope;
  input: AssociateInput;
  desired: Desired;
  /** Marks, configured and requested tags for a create call. */
  tags: Record<string, string>;
  /** Permission documents of a role that is not ours alone; only read where they matter. */
  permissions?: PolicyDocument[];
}

const SCOPE_WORDS: Record<TrustScope, string> = {
  serviceAccount: 'only this ServiceAccount',
  namespace: 'every ServiceAccount of this namespace',
  cluster: 'every ServiceAccount of this cluster',
  account: 'every association of the account',
};

function defaultDescription(scope: Scope): string {
  const { cluster, ref } = scope;
  return `EKS Pod Identity of ${cluster.name}/${ref.namespace}/${ref.serviceAccount}, made by Backstage`;
}

/** A role that does not exist, with everything on it. */
export function planNewRole(
  builder: Builder,
  choice: Extract<RoleChoice, { how: 'create' }>,
  { scope, input, desired, tags }: RolePlanOptions,
): void {
  const statement = trustStatement(desired.trustScope, scope.target);
  builder.add(
    {
      id: 'role',
      resource: {
        kind: 'role',
        name: choice.arn,
        consoleUrl: consoleLinks(scope.cluster).role(choice.arn),
      },
      change: 'create',
      after: {
        trustScope: desired.trustScope,
        trustPolicy: trustPolicy(statement),
        ...(desired.boundaryArn
          ? { permissionsBoundary: desired.boundaryArn }
          : {}),
      },
      reason: `there is no such role yet; it will trust ${
        SCOPE_WORDS[desired.trustScope]
      }`,
    },
    {
      type: 'create-role',
      path: choice.path,
      description: input.roleDescription ?? defaultDescription(scope),
      trust: trustPolicy(statement),
      boundaryArn: desired.boundaryArn,
      tags,
    },
  );
  planPolicies(builder, undefined, desired);
  warnWidth(builder, desired);
}

/** A role of ours: made to match the request, foreign additions kept. */
export function planOwnRole(
  builder: Builder,
  choice: Extract<RoleChoice, { how: 'own' }>,
  options: RolePlanOptions,
): void {
  const { scope, input, desired } = options;
  const { live } = choice;
  const described =
    input.roleDescription !== undefined &&
    input.roleDescription !== live.description;
  const wrongPath =
    input.rolePath !== undefined && input.rolePath !== live.path;
  const resource = {
    kind: 'role' as const,
    name: live.arn,
    consoleUrl: consoleLinks(scope.cluster).role(live.arn),
  };
  if (wrongPath) {
    builder.add({
      id: 'role',
      resource,
      change: 'conflict',
      before: { path: live.path },
      after: { path: input.rolePath },
      reason: `rolePath is ${input.rolePath}, but the role lives under ${live.path} and IAM cannot move it; leave rolePath out, or tear the identity down first`,
    });
  } else if (described) {
    builder.add(
      {
        id: 'role',
        resource,
        change: 'update',
        before: { description: live.description },
        after: { description: input.roleDescription },
        reason: 'roleDescription differs',
      },
      {
        type: 'describe-role',
        description: input.roleDescription ?? '',
        roleId: live.roleId,
      },
    );
  } else {
    builder.add({
      id: 'role',
      resource,
      change: 'keep',
      reason: 'it is ours for this ServiceAccount',
    });
  }
  planOwnTrust(builder, live, options);
  planBoundary(builder, live, desired);
  planRoleTags(builder, live, desired);
  planPolicies(builder, live, desired);
  planSharersFit(builder, live, desired, scope);
  warnWidth(builder, desired);
}

/** Somebody's role of the same entity: it gains our statement for this ref, nothing else. */
export function planSharedRole(
  builder: Builder,
  choice: Extract<RoleChoice, { how: 'shared' }>,
  options: RolePlanOptions,
): void {
  const { live, owner } = choice;
  builder.add({
    id: 'role',
    resource: {
      kind: 'role',
      name: live.arn,
      consoleUrl: consoleLinks(options.scope.cluster).role(live.arn),
    },
    change: 'keep',
    owner: 'external',
    reason: `shared: it belongs to ${ownerInWords(
      owner,
    )}; only a trust statement for this ServiceAccount is added`,
  });
  planOwnTrust(builder, live, options);
  planGivenPolicies(builder, live, options, 'a shared role');
  warnWidth(builder, options.desired);
}

/** A role that was handed to us: it must fit as it is. */
export function planAdoptedRole(
  builder: Builder,
  choice: Extract<RoleChoice, { how: 'adopted' }>,
  options: RolePlanOptions,
): void {
  const { scope, input, desired } = options;
  const { live, owner } = choice;
  const { cluster, target } = scope;
  builder.add({
    id: 'role',
    resource: {
      kind: 'role',
      name: live.arn,
      consoleUrl: consoleLinks(cluster).role(live.arn),
    },
    change: 'keep',
    owner: 'external',
    reason: `adopted: it belongs to ${ownerInWords(owner)}; nothing is changed`,
  });
  const finding = analyseTrustPolicy(live.trustPolicy, {
    ...target,
    clusterName: cluster.name,
    sessionTags: desired.sessionTags,
  });
  const resource = {
    kind: 'trust-statement' as const,
    name: `trust policy of ${live.name}`,
  };
  if (finding.verdict === 'denies') {
    builder.add({
      id: 'role.trust',
      resource,
      owner: 'external',
      change: 'conflict',
      before: { trustPolicy: parsePolicyDocument(live.trustPolicy) },
      after: { statementToAdd: finding.fixStatement },
      reason: `its trust policy does not let this ServiceAccount in (${finding.reasons.join(
        '; ',
      )}); ask its owner to add ${JSON.stringify(finding.fixStatement)}`,
    });
  } else {
    builder.add({
      id: 'role.trust',
      resource,
      owner: 'external',
      change: 'keep',
      reason:
        finding.verdict === 'allows'
          ? 'it lets this ServiceAccount in'
          : `whether it lets this ServiceAccount in cannot be told: ${finding.reasons.join(
              '; ',
            )}`,
    });
    if (finding.verdict === 'cannot-tell') {
      builder.warn(
        `Whether the trust policy of ${
          live.name
        } lets this ServiceAccount in cannot be told before a pod tries: ${finding.reasons.join(
          '; ',
        )}`,
      );
    }
  }
  planGivenPolicies(builder, live, options, 'an adopted role');
  if (input.trustScope) {
    builder.warn(
      `trustScope "${input.trustScope}" has no effect: the trust policy of an adopted role is its owner's`,
    );
  }
}

/** The name is taken by a role that is not ours for this ref. */
export function planTakenRole(
  builder: Builder,
  { name, arn, owner, usable }: Extract<RoleChoice, { how: 'taken' }>,
  { cluster, ref }: Scope,
): void {
  const hint =
    owner.kind === 'sibling'
      ? `to share it, name it as roleArn: ${arn}; else choose another roleName`
      : `choose another roleName, or, if this role is meant, name it as roleArn: ${arn}`;
  builder.add({
    id: 'role',
    resource: {
      kind: 'role',
      name: arn,
      consoleUrl: usable ? consoleLinks(cluster).role(arn) : undefined,
    },
    change: 'conflict',
    owner: 'external',
    reason: `the name ${name} is wanted for ${cluster.name}/${ref.namespace}/${
      ref.serviceAccount
    }, but taken by a role that belongs to ${
      usable ? ownerInWords(owner) : strangerInWords(owner)
    }; ${usable ? hint : 'choose another roleName'}`,
  });
}

function planOwnTrust(
  builder: Builder,
  live: LiveRole,
  { scope, desired }: RolePlanOptions,
): void {
  const { target, cluster } = scope;
  const parts = readTrust(live.trustPolicy, target);
  const statement = trustStatement(desired.trustScope, target);
  const resource = {
    kind: 'trust-statement' as const,
    name: `${trustSid(target)} of ${live.name}`,
  };
  const intent: AssociateIntent = {
    type: 'put-trust',
    statement,
    before: parts.own,
    roleId: live.roleId,
  };
  const after = analyseTrustPolicy(withStatement(live.trustPolicy, statement), {
    ...target,
    clusterName: cluster.name,
    sessionTags: desired.sessionTags,
  });
  if (after.verdict === 'denies') {
    builder.add({
      id: 'role.trust',
      resource,
      change: 'conflict',
      before: { trustPolicy: parsePolicyDocument(live.trustPolicy) },
      reason: `a statement that is not ours keeps this ServiceAccount out (${after.reasons.join(
        '; ',
      )}); ask whoever wrote it to take it away`,
    });
  } else if (!parts.own) {
    builder.add(
      {
        id: 'role.trust',
        resource,
        change: 'create',
        after: { ...statement },
        reason: `the role will trust ${SCOPE_WORDS[desired.trustScope]}`,
      },
      intent,
    );
  } else if (!sameStatement(parts.own, statement)) {
    builder.add(
      {
        id: 'role.trust',
        resource,
        change: 'update',
        before: { ...parts.own },
        after: { ...statement },
        reason: `the role is to trust ${SCOPE_WORDS[desired.trustScope]}`,
      },
      intent,
    );
  } else {
    builder.add({
      id: 'role.trust',
      resource,
      change: 'keep',
      reason: `it trusts ${SCOPE_WORDS[desired.trustScope]}`,
    });
  }
  for (const [i, foreign] of [...parts.foreign, ...parts.siblings].entries()) {
    const ours = parts.siblings.includes(foreign);
    builder.add({
      id: `role.trust.${foreign.Sid ?? i + 1}`,
      resource: {
        kind: 'trust-statement',
        name: foreign.Sid ?? `statement ${i + 1} of ${live.name}`,
      },
      owner: ours ? 'portal' : 'external',
      change: 'keep',
      reason: ours
        ? 'it is for another ServiceAccount that shares the role'
        : 'foreign: we did not write it',
    });
  }
}

function warnWidth(builder: Builder, desired: Desired): void {
  if (desired.trustScope !== 'account') return;
  builder.warn(
    desired.sessionTags
      ? 'trustScope "account": every association in the account may use this role'
      : 'Session tags are off, so the trust policy cannot tell ServiceAccounts apart: every association in the account may use this role',
  );
}
