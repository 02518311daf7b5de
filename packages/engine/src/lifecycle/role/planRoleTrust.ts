import { parsePolicyDocument } from '../../iam/policyDocument';
import { sameStatement } from '../../iam/policyCompare';
import { trustSid } from '../../identity/names';
import {
  readTrust,
  TrustScope,
  trustStatement,
  withStatement,
} from '../../identity/trust';
import { analyseTrustPolicy } from '../../identity/trustAnalysis';
import { neededTrust } from '../../identity/trustEdit';
import type { Desired } from '../desired';
import type { PlanBuilder } from '../steps/PlanBuilder';
import type { Scope } from '../steps/scope';
import type { LiveRole } from './liveRole';
import type { RoleWrites } from './roleWrites';

/** Who may use a role of ours, in words. */
export const SCOPE_WORDS: Record<TrustScope, string> = {
  serviceAccount: 'only this service account',
  namespace: 'every service account of this namespace',
  cluster: 'every service account of this cluster',
  account: 'every association of the account',
};

/** Our own statement; foreign ones are kept. */
export function planOwnTrust(
  builder: PlanBuilder,
  live: LiveRole,
  {
    scope,
    desired,
    writes,
  }: { scope: Scope; desired: Desired; writes: RoleWrites },
): void {
  const { target, cluster } = scope;
  const parts = readTrust(live.trustPolicy, target);
  const statement = trustStatement(desired.trustScope, target);
  const resource = {
    kind: 'trust-statement' as const,
    name: `${trustSid(target)} of ${live.name}`,
  };
  const put = writes.putTrust(statement, {
    roleId: live.roleId,
    own: parts.own,
  });
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
      // The other statements name whom other teams let in and keep out.
      before: {
        statements: after.deciding.map(({ name, effect }) => ({
          name,
          effect,
        })),
      },
      reason: `a statement that is not ours keeps this service account out (${after.reasons.join(
        '; ',
      )}); ask its author to remove it`,
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
      put,
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
      put,
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
        ? 'it is for another service account that shares the role'
        : `not written by ${builder.voice.us}`,
    });
  }
}

/** The trust policy of a role whose owner must allow this service account. */
export function planGivenTrust(
  builder: PlanBuilder,
  live: LiveRole,
  {
    scope,
    desired,
    isShown,
    further = [],
  }: {
    scope: Scope;
    desired: Desired;
    /** What else its owner should know; sentences. */
    further?: readonly string[];
    /** Whether the initiator may read the policy: a pattern opens a role to those who do not own it. */
    isShown: boolean;
  },
): void {
  const question = {
    ...scope.target,
    clusterName: scope.cluster.name,
    sessionTags: desired.sessionTags,
  };
  const finding = analyseTrustPolicy(live.trustPolicy, question);
  const { statements, opens } = neededTrust(question);
  const resource = {
    kind: 'trust-statement' as const,
    name: `trust policy of ${live.name}`,
  };
  const reasons = (isShown ? finding.reasons : finding.lacks).join('; ');
  if (finding.verdict === 'denies') {
    builder.add({
      id: 'role.trust',
      resource,
      owner: 'external',
      change: 'conflict',
      before: isShown
        ? { trustPolicy: parsePolicyDocument(live.trustPolicy) }
        : undefined,
      after: { statementToAdd: statements[0] },
      reason: `its trust policy does not let this service account in${
        reasons && ` (${reasons})`
      }; ask its owner to add ${JSON.stringify(statements[0])}${
        opens ? `. ${opens}` : ''
      }${further.map(one => `. ${one.replace(/\.$/, '')}`).join('')}`,
    });
  } else {
    builder.add({
      id: 'role.trust',
      resource,
      owner: 'external',
      change: 'keep',
      reason:
        finding.verdict === 'allows'
          ? 'it lets this service account in'
          : `whether it lets this service account in cannot be told${
              reasons && `: ${reasons}`
            }`,
    });
    if (finding.verdict === 'cannot-tell') {
      builder.warn(
        `Whether the trust policy of ${
          live.name
        } lets this service account in cannot be told before a pod tries${
          reasons && `: ${reasons}`
        }`,
      );
    }
  }
}
