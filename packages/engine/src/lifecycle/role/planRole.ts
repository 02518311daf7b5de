import type { AssociateInput } from 'backstage-plugin-eks-pod-identity-common';
import type { Desired } from '../desired';
import { ownerInWords } from '../../identity/ownership';
import type { PlanBuilder } from '../steps/PlanBuilder';
import { planPowerOfPolicies, planPowerOfRole } from './planPower';
import { planRoleFit, planSharersFit } from './planRoleFit';
import {
  planBoundary,
  planGivenPolicies,
  planPolicies,
  planRoleTags,
} from './planRolePolicies';
import type { RoleChoice } from './roleChoice';
import type { RoleWrites } from './roleWrites';
import { planGivenTrust, planOwnTrust, SCOPE_WORDS } from './planRoleTrust';
import { type LiveRole, readDocuments, type RoleDocuments } from './liveRole';
import { readOrExplain } from '../steps/reading';
import type { Scope } from '../steps/scope';
import { consoleLinks, roleResource } from '../../identity/consoleLinks';
import { trustPolicy, trustStatement } from '../../identity/trust';
import type { PolicyDocument } from '../../iam/policyDocument';

/** Input of the role's planner. */
interface RolePlanOptions {
  scope: Scope;
  input: AssociateInput;
  desired: Desired;
  writes: RoleWrites;
  /** Ownership tags, configured and requested tags for a create call. */
  tags: Record<string, string>;
  /** Permission documents of a shared or adopted role, as far as they matter. */
  permissions?: PolicyDocument[];
}

function defaultDescription(scope: Scope): string {
  const { cluster, ref } = scope;
  return `EKS Pod Identity of ${cluster.name}/${ref.namespace}/${ref.serviceAccount}, made by Backstage`;
}

/** Adds the role to the plan, with its trust and its policies. */
export async function planRole(
  builder: PlanBuilder,
  role: RoleChoice,
  options: RolePlanOptions,
): Promise<void> {
  const { scope } = options;
  switch (role.how) {
    case 'create':
      planNewRole(builder, role, options);
      await planPowerOfPolicies(builder, options.desired.managed, scope);
      return;
    case 'own':
      planOwnRole(builder, role, options);
      await planPowerOfPolicies(
        builder,
        options.desired.managed.filter(arn => !role.live.managed.includes(arn)),
        scope,
      );
      return;
    case 'taken':
      planTakenRole(builder, role, scope);
      return;
    case 'shared': {
      // Those of managed policies matter only for inline policies that have to be there already.
      const managed = options.desired.inline.policies.size > 0;
      const documents = await documentsOf(role.live, scope, { managed });
      planSharedRole(builder, role, withPermissions(options, documents));
      planRoleFit(builder, role.live, documents.inline, scope);
      return;
    }
    default: {
      const documents = await documentsOf(role.live, scope, { managed: true });
      planAdoptedRole(builder, role, withPermissions(options, documents));
      planPowerOfRole(builder, role.live, documents);
      // The portal itself wrote the tag, so no owner in AWS has approved the use: only `guardrails.roles.adopt` can.
      if (role.by === 'tag' && role.owner.kind !== 'foreign') {
        planRoleFit(builder, role.live, documents.inline, scope);
      }
    }
  }
}

function withPermissions(
  options: RolePlanOptions,
  { inline, managed }: RoleDocuments,
): RolePlanOptions {
  return { ...options, permissions: [...inline.values(), ...managed] };
}

function documentsOf(
  live: LiveRole,
  scope: Scope,
  options: { managed: boolean },
): Promise<RoleDocuments> {
  return readOrExplain(scope, `read the policies of ${live.name}`, () =>
    readDocuments(scope.read, live, options, scope.context.signal),
  );
}

/** Creates a role with everything on it. */
function planNewRole(
  builder: PlanBuilder,
  choice: Extract<RoleChoice, { how: 'create' }>,
  { scope, input, desired, tags, writes }: RolePlanOptions,
): void {
  const statement = trustStatement(desired.trustScope, scope.target);
  builder.add(
    {
      id: 'role',
      resource: roleResource(scope.cluster, choice.arn),
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
    writes.create({
      path: choice.path,
      description: input.roleDescription ?? defaultDescription(scope),
      trust: trustPolicy(statement),
      boundaryArn: desired.boundaryArn,
      tags,
    }),
  );
  planPolicies(builder, undefined, writes, desired, scope.cluster);
  warnWidth(builder, desired);
}

/** Changes a role of ours to match the request; keeps foreign additions. */
function planOwnRole(
  builder: PlanBuilder,
  choice: Extract<RoleChoice, { how: 'own' }>,
  options: RolePlanOptions,
): void {
  const { scope, input, desired, writes } = options;
  const { live } = choice;
  const described =
    input.roleDescription !== undefined &&
    input.roleDescription !== live.description;
  const wrongPath =
    input.rolePath !== undefined && input.rolePath !== live.path;
  const resource = roleResource(scope.cluster, live.arn);
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
      writes.describe(input.roleDescription ?? '', { roleId: live.roleId }),
    );
  } else {
    builder.add({
      id: 'role',
      resource,
      change: 'keep',
      reason: `created by ${builder.voice.us} for this service account`,
    });
  }
  planOwnTrust(builder, live, options);
  planBoundary(builder, live, writes, desired);
  planRoleTags(builder, live, writes, desired);
  planPolicies(builder, live, writes, desired, scope.cluster);
  planSharersFit(builder, live, desired, scope);
  warnWidth(builder, desired);
}

/** Shares a role of ours for another service account of the same entity: adds one trust statement, nothing else. */
function planSharedRole(
  builder: PlanBuilder,
  choice: Extract<RoleChoice, { how: 'shared' }>,
  options: RolePlanOptions,
): void {
  const { live, owner } = choice;
  builder.add({
    id: 'role',
    resource: roleResource(options.scope.cluster, live.arn),
    change: 'keep',
    owner: 'external',
    reason: `shared: it belongs to ${ownerInWords(
      owner,
      builder.voice,
    )}; only a trust statement for this service account is added`,
  });
  planOwnTrust(builder, live, options);
  planGivenPolicies(builder, live, options, 'a shared role');
  warnWidth(builder, options.desired);
}

/** Adopts a role unchanged: it must already fit. */
function planAdoptedRole(
  builder: PlanBuilder,
  choice: Extract<RoleChoice, { how: 'adopted' }>,
  options: RolePlanOptions,
): void {
  const { scope, input } = options;
  const { live, owner } = choice;
  builder.add({
    id: 'role',
    resource: roleResource(scope.cluster, live.arn),
    change: 'keep',
    owner: 'external',
    reason: `adopted: it belongs to ${ownerInWords(
      owner,
      builder.voice,
    )}; nothing is changed`,
  });
  planGivenTrust(builder, live, {
    ...options,
    isShown: choice.by === 'tag' || !scope.context.claimant,
  });
  planGivenPolicies(builder, live, options, 'an adopted role');
  if (input.trustScope) {
    builder.warn(
      `trustScope "${input.trustScope}" has no effect: the trust policy of an adopted role is its owner's`,
    );
  }
}

/** The name belongs to a role that is not ours for this ref. */
function planTakenRole(
  builder: PlanBuilder,
  { name, arn, owner, usable }: Extract<RoleChoice, { how: 'taken' }>,
  { cluster, ref }: Scope,
): void {
  const hint =
    owner.kind === 'sibling'
      ? `to share it, choose the existing role ${arn}; else a new one needs another name`
      : `a new role needs another name; if this role is meant, choose the existing role ${arn}`;
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
    }, but ${
      usable
        ? `taken by a role that belongs to ${ownerInWords(
            owner,
            builder.voice,
          )}; ${hint}`
        : 'taken; a new role needs another name'
    }`,
  });
}

function warnWidth(builder: PlanBuilder, desired: Desired): void {
  if (desired.trustScope !== 'account') return;
  builder.warn(
    desired.sessionTags
      ? 'trustScope "account": every association in the account may use this role'
      : 'Session tags are off, so the trust policy cannot tell service accounts apart: every association in the account may use this role',
  );
}
