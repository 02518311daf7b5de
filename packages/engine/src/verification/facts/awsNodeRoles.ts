import {
  DescribeNodegroupCommand,
  ListNodegroupsCommand,
} from '@aws-sdk/client-eks';
import {
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam';
import { matchesPattern } from '../../iam/conditions';
import { asList, parsePolicyDocument } from '../../iam/policyDocument';
import { readRoleArn } from '../probe/identity';
import { decodeDocument } from './awsRole';
import type { Collecting, Collector } from './collecting';
import { known, lacking } from './fact';
import { lackOfAws } from './lacks';
import type { NodeRoleFact } from './types';

const ACTION = 'eks-auth:AssumeRoleForPodIdentity';
/** AWS managed policies that contain the action. Source: EKS user guide, "Create node role". */
const ENOUGH = [
  'AmazonEKSWorkerNodePolicy',
  'AmazonEKSWorkerNodeMinimalPolicy',
  'AdministratorAccess',
];
/** Node groups looked at; further ones hardly have roles of yet another kind. */
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
  const { name } = readRoleArn(arn);
  const options = { abortSignal: c.signal };
  const { AttachedPolicies = [] } = await c.read.aws.iam.send(
    new ListAttachedRolePoliciesCommand({ RoleName: name }),
    options,
  );
  const arns = AttachedPolicies.map(policy => policy.PolicyArn ?? '');
  if (arns.some(one => ENOUGH.includes(one.split('/').pop() ?? ''))) {
    return 'yes';
  }
  const { PolicyNames = [] } = await c.read.aws.iam.send(
    new ListRolePoliciesCommand({ RoleName: name }),
    options,
  );
  for (const PolicyName of PolicyNames) {
    const { PolicyDocument } = await c.read.aws.iam.send(
      new GetRolePolicyCommand({ RoleName: name, PolicyName }),
      options,
    );
    if (allowsEksAuth(decodeDocument(PolicyDocument))) return 'yes';
  }
  return arns.every(one => /:iam::aws:policy\//.test(one)) ? 'no' : 'unknown';
}

/** Asked only in runs that start a pod: the answer costs several calls and changes no verdict. */
export const collectNodeRoles: Collector<'nodeRoles'> = async c => {
  if (c.request.probe !== 'pod') {
    return lacking({
      kind: 'not-in-probe',
      sentence: 'Not looked at: this run starts no pod.',
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
    const { nodegroups = [] } = await c.read.aws.eks.send(
      new ListNodegroupsCommand({ clusterName: config.name }),
      { abortSignal: c.signal },
    );
    right = {
      action: 'eks:DescribeNodegroup',
      resource: `arn:${config.partition}:eks:${config.region}:${config.accountId}:nodegroup/${config.name}/*`,
    };
    for (const nodegroupName of nodegroups.slice(0, MOST)) {
      const { nodegroup } = await c.read.aws.eks.send(
        new DescribeNodegroupCommand({
          clusterName: config.name,
          nodegroupName,
        }),
        { abortSignal: c.signal },
      );
      if (nodegroup?.nodeRole) {
        roles.set(nodegroup.nodeRole, `node group ${nodegroupName}`);
      }
    }
    const found: NodeRoleFact[] = [];
    for (const [arn, of] of roles) {
      right = { action: 'iam:ListAttachedRolePolicies', resource: arn };
      found.push({ arn, of, mayAskEksAuth: await judge(c, arn) });
    }
    return known(found);
  } catch (error) {
    return lacking(lackOfAws(error, right));
  }
};
