import { nameOfArn } from '../../aws/arn';
import { listNodegroups, nodeRoleArnOf } from '../../aws/cluster';
import {
  listInlinePolicies,
  listManagedPolicies,
  readInlinePolicy,
} from '../../aws/role';
import { matchesPattern } from '../../iam/conditions';
import { asList, parsePolicyDocument } from '../../iam/policyDocument';
import type { Collecting, Collector } from './collecting';
import { type Fact, known, lacking } from './fact';
import { lackOfAws } from './lacks';
import type { NodeRoleFact } from './types';

const ACTION = 'eks-auth:AssumeRoleForPodIdentity';
/** AWS managed policies that contain the action. Source: EKS user guide, "Create node role". */
const ENOUGH = [
  'AmazonEKSWorkerNodePolicy',
  'AmazonEKSWorkerNodeMinimalPolicy',
  'AdministratorAccess',
];
/** Most node groups to read; more rarely have different roles. */
const MOST = 10;

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
  const roles = new Map<string, string>();
  if (cluster.value?.autoNodeRoleArn) {
    roles.set(cluster.value.autoNodeRoleArn, 'Auto Mode');
  }
  let right = { action: 'eks:ListNodegroups', resource: config.arn };
  try {
    const nodegroups = await listNodegroups(c.read, { most: MOST }, c.signal);
    right = {
      action: 'eks:DescribeNodegroup',
      resource: `arn:${config.partition}:eks:${config.region}:${config.accountId}:nodegroup/${config.name}/*`,
    };
    const roleArns = await Promise.all(
      nodegroups.map(name => nodeRoleArnOf(c.read, name, c.signal)),
    );
    roleArns.forEach((arn, index) => {
      if (arn) roles.set(arn, `node group ${nodegroups[index]}`);
    });
  } catch (error) {
    return lacking(lackOfAws(error, right));
  }
  return judgeAll(c, roles);
};

/** @param roles - ARN → what its nodes are */
async function judgeAll(
  c: Collecting,
  roles: Map<string, string>,
): Promise<Fact<NodeRoleFact[]>> {
  const facts = await Promise.all(
    [...roles].map(async ([arn, of]): Promise<Fact<NodeRoleFact>> => {
      try {
        return known({ arn, of, mayAskEksAuth: await judge(c, arn) });
      } catch (error) {
        return lacking(
          lackOfAws(error, {
            action: 'iam:ListAttachedRolePolicies',
            resource: arn,
          }),
        );
      }
    }),
  );
  const lack = facts.find(fact => !fact.known);
  return lack && !lack.known
    ? lack
    : known(facts.flatMap(fact => (fact.known ? [fact.value] : [])));
}
