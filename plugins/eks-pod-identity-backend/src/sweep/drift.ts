import type { AssociateInput } from 'backstage-plugin-eks-pod-identity-common';
import {
  inlinePolicyName,
  policyNameOfArn,
  samePolicy,
  type RoleInAccount,
  type RolesOfAccount,
} from 'eks-pod-identity-engine';
import type { ObservedAssociation } from '../store/AssociationStore';
import type { RetryingStore } from '../store/retryingStore';

/**
 * Marks what differs from the last associate. Of what is stored now: an operation may have changed something while
 * the sweep looked around.
 */
export async function markDrift(
  store: RetryingStore,
  cluster: string,
  roles: RolesOfAccount,
) {
  for (const association of await store.associations.ofCluster(cluster)) {
    const last =
      association.owner === 'portal' && association.describedAt !== undefined
        ? await store.changes.lastAssociate(association.ref)
        : undefined;
    const driftReason = last?.result && driftOf(association, last, roles);
    if (driftReason !== association.driftReason) {
      await store.associations.mark(cluster, association.associationId, {
        drift: driftReason !== undefined,
        driftReason,
      });
    }
  }
}

/**
 * Where live differs from what the last associate asked for, in a sentence; undefined where it does not. What an
 * associate leaves out stays as it is, so it cannot drift.
 */
function driftOf(
  association: ObservedAssociation,
  last: { input: AssociateInput; result?: { roleArn?: string } },
  roles: RolesOfAccount,
): string | undefined {
  const { input, result } = last;
  const found = [...settingsThatDiffer(association, input, result?.roleArn)];
  const role = roles?.get(association.roleArn ?? '');
  // Another role has other policies; that it is another one says enough.
  if (role && role.role.arn === result?.roleArn) {
    found.push(...policiesThatAreGone(role, input));
  }
  return found.length > 0 ? found.join('. ') : undefined;
}

function* settingsThatDiffer(
  { roleArn, targetRoleArn, details }: ObservedAssociation,
  input: AssociateInput,
  wantedRoleArn: string | undefined,
): Iterable<string> {
  if (wantedRoleArn && roleArn !== wantedRoleArn) {
    yield `The role is ${roleArn}; the last associate set ${wantedRoleArn}`;
  }
  const target = input.targetRoleArn;
  if (target !== undefined && (targetRoleArn ?? '') !== target) {
    yield `The target role is ${
      targetRoleArn ?? 'none'
    }; the last associate set ${target || 'none'}`;
  }
  if (!details) return;
  const off = input.disableSessionTags;
  if (off !== undefined && details.disableSessionTags !== off) {
    yield `Session tags are ${
      details.disableSessionTags ? 'off' : 'on'
    }; the last associate turned them ${off ? 'off' : 'on'}`;
  }
  const policy = input.sessionPolicy;
  if (policy !== undefined && !isPolicy(details.policy, policy)) {
    yield policy === ''
      ? 'There is a session policy; the last associate set none'
      : `The session policy is ${
          details.policy ? 'another one' : 'gone'
        } since the last associate`;
  }
}

function isPolicy(
  live: string | undefined,
  wanted: NonNullable<AssociateInput['sessionPolicy']>,
): boolean {
  if (wanted === '' || !live) return wanted === '' && !live;
  return samePolicy(live, JSON.stringify(wanted));
}

/** Policies that were added elsewhere are no drift. */
function* policiesThatAreGone(
  { policies }: RoleInAccount,
  input: AssociateInput,
): Iterable<string> {
  const gone = [
    ...(input.managedPolicyArns ?? [])
      .filter(arn => !policies.attached.includes(arn))
      .map(policyNameOfArn),
    ...Object.keys(input.inlinePolicies ?? {}).filter(
      name => !policies.inline.includes(inlinePolicyName(name)),
    ),
  ];
  if (gone.length > 0) {
    yield `The role no longer has ${gone.join(
      ', ',
    )}, which the last associate gave it`;
  }
}
