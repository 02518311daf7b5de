import { nameOfArn } from '../../aws/arn';
import {
  listInlinePolicies,
  listManagedPolicies,
  readInlinePolicy,
} from '../../aws/role';
import { matchesPattern } from '../../iam/conditions';
import { asList, parsePolicyDocument } from '../../iam/policyDocument';
import type { Collecting, Collector } from '../framework/collecting';
import { type Fact, known } from '../framework/fact';
import { askAws } from '../access/askAws';
import type { NodeRoleFact } from '../framework/facts/cluster';

const ACTION = 'eks-auth:AssumeRoleForPodIdentity';
/** AWS managed policies that contain the action. Source: EKS user guide, "Create node role". */
const ENOUGH = [
  'AmazonEKSWorkerNodePolicy',
  'AmazonEKSWorkerNodeMinimalPolicy',
  'AdministratorAccess',
  'PowerUserAccess',
];
type NodeRole = Pick<NodeRoleFact, 'arn' | 'nodegroups' | 'auto'>;

function inWords({ nodegroups, auto }: NodeRole): string {
  return [
    ...(auto ? ['Auto Mode'] : []),
    ...nodegroups.map(name => `node group ${name}`),
  ].join(', ');
}

/** An unconditional Allow of the action on everything. */
function allowsEksAuth(document: unknown): boolean {
  try {
    return parsePolicyDocument(document).Statement.some(
      statement =>
        statement.Effect === 'Allow' &&
        statement.Condition === undefined &&
        asList(statement.Action).some(pattern =>
          matchesPattern(String(pattern).toLowerCase(), ACTION.toLowerCase()),
        ) &&
        asList(statement.Resource).includes('*'),
    );
  } catch {
    return false;
  }
}

async function judge(
  c: Collecting,
  arn: string,
): Promise<NodeRoleFact['mayAskEksAuth']> {
  const name = nameOfArn(arn);
  const arns = await listManagedPolicies(c.read, name, c.signal);
  if (arns.some(one => ENOUGH.includes(nameOfArn(one)))) return 'yes';
  for (const policy of await listInlinePolicies(c.read, name, c.signal)) {
    const document = await readInlinePolicy(c.read, name, policy, c.signal);
    if (allowsEksAuth(document)) return 'yes';
  }
  return arns.every(one => /:iam::aws:policy\//.test(one)) ? 'no' : 'unknown';
}

/** The roles of the managed node groups and of Auto Mode. */
export const collectNodeRoles: Collector<'nodeRoles'> = async c => {
  const nodegroups = await c.get('nodegroups');
  if (!nodegroups.known) return nodegroups;
  const cluster = await c.get('cluster');
  if (!cluster.known) return cluster;
  const roles: NodeRole[] = [];
  if (cluster.value?.autoNodeRoleArn) {
    roles.push({
      arn: cluster.value.autoNodeRoleArn,
      nodegroups: [],
      auto: true,
    });
  }
  for (const { name, roleArn: arn } of nodegroups.value) {
    if (!arn) continue;
    const role = roles.find(one => one.arn === arn);
    if (role) role.nodegroups.push(name);
    else roles.push({ arn, nodegroups: [name], auto: false });
  }
  return judgeAll(c, roles);
};

async function judgeAll(
  c: Collecting,
  roles: readonly NodeRole[],
): Promise<Fact<NodeRoleFact[]>> {
  const facts = await Promise.all(
    roles.map(role =>
      askAws<NodeRoleFact>(
        c.read,
        { action: 'iam:ListAttachedRolePolicies', resource: role.arn },
        async () => ({
          ...role,
          of: inWords(role),
          mayAskEksAuth: await judge(c, role.arn),
        }),
      ),
    ),
  );
  const lack = facts.find(fact => !fact.known);
  return lack && !lack.known
    ? lack
    : known(facts.flatMap(fact => (fact.known ? [fact.value] : [])));
}
