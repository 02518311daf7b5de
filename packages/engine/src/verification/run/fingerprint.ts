import { settingsOf } from '../../identity/associationSettings';
import { hashOf } from '../framework/canonical';
import type { FactName } from '../framework/facts';
import type { FactReader } from '../framework/facts';

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

/** What else a pod's proof rests on: the cluster, its agents and nodes, the workload and both roles' surroundings. */
const AROUND: readonly FactName[] = [
  'cluster',
  'addon',
  'agentDaemonSets',
  'agentPods',
  'nodes',
  'nodeRoles',
  'vpcEndpoints',
  'targetRole',
  'namespace',
  'serviceAccount',
  'pods',
  'webhook',
  'networkPolicies',
  'cni',
];

/**
 * Hash over everything around the identity that the portal can see. A proof is returned again only while it stays the
 * same; unlike a changed fingerprint, a changed one takes no proof away.
 */
export async function surroundingsOf(facts: FactReader): Promise<string> {
  const around = await Promise.all(
    AROUND.map(async name => {
      const fact = await facts.get(name);
      return [name, fact.known ? fact.value : fact.lack.kind];
    }),
  );
  return hashOf(Object.fromEntries(around));
}
