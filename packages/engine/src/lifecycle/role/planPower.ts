import { accountOfArn, nameOfArn } from '../../aws/arn';
import { isNamedPolicy, powerOf } from '../../guardrails';
import type { PlanBuilder } from '../steps/PlanBuilder';
import { readOrExplain } from '../steps/reading';
import { settingOf } from '../../text/voice';
import type { Scope } from '../steps/scope';
import {
  type LiveRole,
  readManagedDocument,
  type RoleDocuments,
} from './liveRole';

/**
 * A wildcard of `guardrails.managedPolicies.allow` covers policies that were not thought of: what it lets through must
 * not give control of the account. Policies of the account's own are held by the permissions boundary.
 */
export async function planPowerOfPolicies(
  builder: PlanBuilder,
  arns: readonly string[],
  scope: Scope,
): Promise<void> {
  const { cluster, context, read, voice } = scope;
  const byWildcard = arns.filter(
    arn => accountOfArn(arn) === 'aws' && !isNamedPolicy(arn, cluster),
  );
  const documents = await Promise.all(
    byWildcard.map(arn =>
      readOrExplain(scope, `read the policy ${nameOfArn(arn)}`, () =>
        readManagedDocument(read, arn, context.signal),
      ),
    ),
  );
  byWildcard.forEach((arn, index) => {
    const document = documents[index];
    const power = document && powerOf(document);
    if (!power) return;
    builder.add({
      id: `role.managed-policy.${nameOfArn(arn)}`,
      resource: { kind: 'managed-policy', name: arn },
      change: 'conflict',
      reason: `it gives control of the account: ${power}. Choose a narrower policy (only its literal ARN in ${settingOf(
        voice,
        'guardrails.managedPolicies.allow',
      )} allows it)`,
    });
  });
}

/** An adopted role is used as it is, so it must not give control of the account, whether a pattern or a tag opened it. */
export function planPowerOfRole(
  builder: PlanBuilder,
  live: LiveRole,
  { inline, managed }: RoleDocuments,
): void {
  for (const document of [...inline.values(), ...managed]) {
    const power = powerOf(document);
    if (!power) continue;
    builder.add({
      id: 'role.power',
      resource: { kind: 'role', name: live.arn },
      owner: 'external',
      change: 'conflict',
      reason: `a workload must not have this role, which gives control of the account or of another role: a policy of it ${
        power.startsWith('allows') ? power : `holds what is refused: ${power}`
      }. Let the identity have a role of its own`,
    });
    return;
  }
}
