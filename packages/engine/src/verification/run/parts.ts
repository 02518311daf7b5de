import type { IdentityParts } from 'backstage-plugin-eks-pod-identity-common';
import { hashOf } from '../framework/canonical';
import type { FactReader } from '../framework/facts';

/** What the fingerprint is made of, part by part, without the texts of policies: what could not be read is left out. */
export async function partsOf(facts: FactReader): Promise<IdentityParts> {
  const [association, role, policies] = await Promise.all([
    facts.get('association'),
    facts.get('role'),
    facts.get('rolePolicies'),
  ]);
  const missing: NonNullable<IdentityParts['missing']> = [];
  const parts: IdentityParts = {};
  if (association.known && association.value) {
    const { id, modifiedAt, roleArn, targetRoleArn, policy } =
      association.value;
    const { disableSessionTags } = association.value;
    parts.association = {
      id,
      ...(modifiedAt === undefined ? {} : { modifiedAt }),
      roleArn,
      ...(targetRoleArn ? { targetRoleArn } : {}),
      disableSessionTags,
      ...(policy ? { policy: hashOf(policy) } : {}),
    };
  } else if (association.known) missing.push('association');
  if (role.known && role.value) {
    const { arn, roleId, trustPolicy, permissionsBoundaryArn } = role.value;
    parts.role = {
      arn,
      id: roleId,
      trust: hashOf(trustPolicy),
      ...(permissionsBoundaryArn
        ? { boundaryArn: permissionsBoundaryArn }
        : {}),
    };
  } else if (role.known && association.known) missing.push('role');
  if (policies.known) parts.policies = policies.value;
  return missing.length > 0 ? { missing, ...parts } : parts;
}
