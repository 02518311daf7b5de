import { nameOfArn } from '../../aws/arn';
import { listNodegroups, readNodegroup } from '../../aws/cluster';
import {
  listInlinePolicies,
  listManagedPolicies,
  readInlinePolicy,
} from '../../aws/role';
import { matchesPattern } from '../../iam/conditions';
import { asList, parsePolicyDocument } from '../../iam/policyDocument';
import type { Collecting, Collector } from '../framework/collecting';
import { type Fact, known, lacking, valueOf } from '../framework/fact';
import { lackOfAws } from '../access/lacks';
import type { NodeRoleFact } from '../framework/facts/cluster';

const ACTION = 'eks-auth:AssumeRoleForPodIdentity';
/** AWS managed policies that contain the action. Source: EKS user guide, "Create node role". */
const ENOUGH = [
  'AmazonEKSWorkerNodePolicy',
  'AmazonEKSWorkerNodeMinimalPolicy',
  'AdministratorAccess',
  'PowerUserAccess',
];
/** Most node groups to read beside those where the workload runs; more rarely have different roles. */
const MOST = 10;

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

/** Managed node groups on whose nodes the running pods are. */
async function nodegroupsOfPods(c: Collecting): Promise<Set<string>> {
  const [pods, nodes] = await Promise.all([c.get('pods'), c.get('nodes')]);
  const groups = new Map(
    (valueOf(nodes) ?? []).map(node => [node.name, node.nodegroup]),
  );
  return new Set(
    (valueOf(pods) ?? []).flatMap(pod => groups.get(pod.nodeName ?? '') ?? []),
  );
}

/** Read only in runs that start a pod: it costs several calls and changes no verdict. */
export const collectNodeRoles: Collector<'nodeRoles'> = async c => {
  if (c.request.probe !== 'pod') {
    return lacking({
      kind: 'not-in-probe',
      sentence: 'Not checked: this run starts no pod.',
    });
  }
  const cluster = await c.get('cluster');
  if (!cluster.known) return cluster;
  const { cluster: config } = c.read;
  const roles: NodeRole[] = [];
  if (cluster.value?.autoNodeRoleArn) {
    roles.push({
      arn: cluster.value.autoNodeRoleArn,
      nodegroups: [],
      auto: true,
    });
  }
  let right = { action: 'eks:ListNodegroups', resource: config.arn };
  try {
    const [ofPods, all] = await Promise.all([
      nodegroupsOfPods(c),
      listNodegroups(c.read, {}, c.signal),
    ]);
    const nodegroups = [
      ...all.filter(name => ofPods.has(name)),
      ...all.filter(name => !ofPods.has(name)).slice(0, MOST),
    ];
    right = {
      action: 'eks:DescribeNodegroup',
      resource: `arn:${config.partition}:eks:${config.region}:${config.accountId}:nodegroup/${config.name}/*`,
    };
    const read = await Promise.all(
      nodegroups.map(name => readNodegroup(c.read, name, c.signal)),
    );
    read.forEach(({ roleArn: arn }, index) => {
      if (!arn) return;
      const role = roles.find(one => one.arn === arn);
      if (role) role.nodegroups.push(nodegroups[index]);
      else roles.push({ arn, nodegroups: [nodegroups[index]], auto: false });
    });
  } catch (error) {
    return lacking(lackOfAws(error, right, c.read));
  }
  return judgeAll(c, roles);
};

async function judgeAll(
  c: Collecting,
  roles: readonly NodeRole[],
): Promise<Fact<NodeRoleFact[]>> {
  const facts = await Promise.all(
    roles.map(async (role): Promise<Fact<NodeRoleFact>> => {
      try {
        const mayAskEksAuth = await judge(c, role.arn);
        return known({ ...role, of: inWords(role), mayAskEksAuth });
      } catch (error) {
        return lacking(
          lackOfAws(
            error,
            {
              action: 'iam:ListAttachedRolePolicies',
              resource: role.arn,
            },
            c.read,
          ),
        );
      }
    }),
  );
  const lack = facts.find(fact => !fact.known);
  return lack && !lack.known
    ? lack
    : known(facts.flatMap(fact => (fact.known ? [fact.value] : [])));
}
