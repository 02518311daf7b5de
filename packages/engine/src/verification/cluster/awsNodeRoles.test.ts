import type { PolicyDocument } from 'eks-sandbox';
import { VerifyWorld } from '../__testUtils__/VerifyWorld';
import type { Collecting } from '../framework/collecting';
import { collectNodegroups } from './awsNodegroups';
import { collectNodeRoles } from './awsNodeRoles';
import { known } from '../framework/fact';

const ROLE = 'arn:aws:iam::111122223333:role/nodes';

/** Page size of IAM. */
const PAGE = 100;

function policy(action: string): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }],
  };
}

describe('collectNodeRoles', () => {
  let world: VerifyWorld;

  beforeAll(async () => {
    world = await VerifyWorld.start();
    world.sandbox.aws.iam.putRole({ name: 'nodes' });
    world.sandbox.aws.eks.putNodegroup('payments-prod', {
      nodegroupName: 'general',
      nodeRole: ROLE,
    });
  });
  afterAll(() => world.stop());

  let seen: Record<string, object[]> = {};
  const collect = () => {
    const c = {
      request: { probe: 'pod' },
      read: world.clusters.session('payments-prod', 'read'),
      signal: new AbortController().signal,
      get: async (name: string) => {
        if (name === 'nodegroups') return collectNodegroups(c);
        return known(name === 'cluster' ? {} : seen[name] ?? []);
      },
    } as unknown as Collecting;
    return collectNodeRoles(c);
  };

  it('finds the permission in an inline policy of the second page', async () => {
    const inline = Object.fromEntries(
      Array.from({ length: PAGE }, (_, index) => [
        `a${String(index).padStart(3, '0')}`,
        policy('s3:GetObject'),
      ]),
    );
    world.sandbox.aws.iam.updateRole(ROLE, {
      attached: [],
      inline: {
        ...inline,
        b: policy('eks-auth:AssumeRoleForPodIdentity'),
      },
    });
    expect(await collect()).toMatchObject({
      value: [{ arn: ROLE, mayAskEksAuth: 'yes' }],
    });
  });

  it('finds a managed policy on the second page', async () => {
    const attached = Array.from(
      { length: PAGE },
      (_, index) =>
        world.sandbox.aws.iam.putPolicy({
          name: `a${String(index).padStart(3, '0')}`,
          document: policy('s3:GetObject'),
        }).arn,
    );
    world.sandbox.aws.iam.updateRole(ROLE, {
      inline: {},
      attached: [
        ...attached,
        'arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy',
      ],
    });
    expect(await collect()).toMatchObject({
      value: [{ arn: ROLE, mayAskEksAuth: 'yes' }],
    });
  });

  it('reads the node group of the workload among many, and names all of a role', async () => {
    for (let index = 0; index < 15; index += 1) {
      world.sandbox.aws.eks.putNodegroup('payments-prod', {
        nodegroupName: `n${index}`,
        nodeRole: ROLE,
      });
    }
    const other = world.sandbox.aws.iam.putRole({ name: 'last' }).arn;
    world.sandbox.aws.eks.putNodegroup('payments-prod', {
      nodegroupName: 'zz-last',
      nodeRole: other,
    });
    const last = { arn: other, of: 'node group zz-last', mayAskEksAuth: 'no' };
    const without = await collect();
    expect(without).not.toMatchObject({
      value: expect.arrayContaining([expect.objectContaining(last)]),
    });
    seen = {
      pods: [{ nodeName: 'node-1' }],
      nodes: [{ name: 'node-1', nodegroup: 'zz-last' }],
    };
    expect(await collect()).toMatchObject({
      value: expect.arrayContaining([
        expect.objectContaining(last),
        expect.objectContaining({ arn: ROLE, nodegroups: expect.anything() }),
      ]),
    });
  });
});
