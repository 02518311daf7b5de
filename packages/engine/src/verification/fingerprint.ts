import { settingsOf } from '../identity/associationSettings';
import { hashOf } from './canonical';
import type { FactReader } from './runner';

/**
 * Hash over what a proof depends on: association id and modification, role id, trust policy, attached policies,
 * session settings. Two runs with the same fingerprint read the same identity.
 *
 * @returns undefined when a part could not be read: then nothing can be compared
 */
export async function fingerprintOf(
  facts: FactReader,
): Promise<string | undefined> {
  const [association, role, policies] = await Promise.all([
    facts.get('association'),
    facts.get('role'),
    facts.get('rolePolicies'),
  ]);
  if (!association.known || !association.value) return undefined;
  if (!role.known || !role.value || !policies.known) return undefined;
  const { id, modifiedAt } = association.value;
  const { roleArn, ...session } = settingsOf(association.value);
  return hashOf({
    association: { id, modifiedAt, roleArn },
    role: { id: role.value.roleId, trust: role.value.trustPolicy },
    policies: policies.value,
    boundary: role.value.permissionsBoundaryArn,
    session,
  });
}
