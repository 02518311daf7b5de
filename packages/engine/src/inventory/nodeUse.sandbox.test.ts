import type {
  AccessRow,
  ClusterAccess,
} from 'backstage-plugin-eks-pod-identity-common';
import { countByOperation } from 'eks-sandbox';
import { VerifyWorld } from '../verification/__testUtils__/VerifyWorld';
import { POD_IDENTITY } from './__testUtils__/accessCase';
import { AccessWorld } from './__testUtils__/AccessWorld';

const NODES = 'arn:aws:iam::111122223333:role/payments-prod-nodes';
const AFAR = { nodeSelector: { pool: 'old' } };
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'x' };

describe('who acts as the nodes of a cluster, over the wire', () => {
  let world: VerifyWorld;
  let access: AccessWorld;
  let seen: ClusterAccess;
  const groupOf = ({ nodeGroups = [] }: ClusterAccess, called: string) =>
    nodeGroups.find(({ name }) => name === called)!;

  beforeAll(async () => {
    world = await VerifyWorld.start();
    access = new AccessWorld(world);
    const kube = world.kube();
    await kube.addNode({
      kind: 'managed',
      roleArn: NODES,
      imdsHopLimit: 2,
      labels: { 'eks.amazonaws.com/nodegroup': 'old', pool: 'old' },
    });
    await access.runs('legacy', { sdk: 'boto3/1.34.0', spec: AFAR });
    await access.runs('keyed', { env: KEYS, spec: AFAR });
    await access.runs('by-kube2iam', {
      podAnnotations: { 'iam.amazonaws.com/role': 'legacy' },
      spec: AFAR,
    });
    access.associate('associated', access.role('r-associated', [POD_IDENTITY]));
    await access.runs('associated', { spec: AFAR });
    await access.runs('irsa', {
      role: access.role('r-irsa', [access.oidc('irsa')]),
      spec: AFAR,
    });
    // A program in Go cannot be told from the agent, and one out of reach of the metadata gets no keys.
    await access.runs('go', { sdk: 'go-v2/1.48.0', spec: AFAR });
    await access.runs('near', { sdk: 'boto3/1.34.0' });
    do {
      await world.sandbox.clock.sleep(250);
      seen = await access.look();
    } while (!groupOf(seen, 'old').programs.length);
  });
  afterAll(() => world.stop());

  it('names the program and its role, and as candidates the workloads that have no road', () => {
    const old = groupOf(seen, 'old');
    expect(old).toMatchObject({
      kind: 'node-group',
      nodes: 1,
      lookedAt: 1,
      compute: ['EC2'],
      roles: [NODES],
      programs: [{ name: 'boto3', version: '1.34.0' }],
      sentence: expect.stringMatching(
        /^Programs on one node of it call AWS as the node, last boto3 1\.34\.0 at 20.* UTC\. CloudTrail does not record which pod it was; 2 workloads have pods/,
      ),
    });
    expect(old.programs[0].calls).toEqual(
      expect.arrayContaining([expect.stringMatching(/^sts:/)]),
    );
    expect(old.candidates!.map(one => one.workload).sort()).toEqual([
      'Deployment go',
      'Deployment legacy',
    ]);
    expect(old.leftOut).toBeGreaterThan(0);
  });

  it('sees no call where the metadata is out of reach, and says how many nodes that holds for', () => {
    const general = groupOf(seen, 'general');
    expect(general).toMatchObject({
      nodes: 3,
      lookedAt: 2,
      programs: [],
      sentence: expect.stringMatching(
        /shows no call as the node.*; 2 of 3 nodes/,
      ),
    });
    // Nothing there may be meant, although pods of `near` have no road either
    expect(general).not.toHaveProperty('candidates');
  });

  it('asks for one page of each node, and leaves the rows as they are', async () => {
    const { client } = world.sandbox;
    await client.resetCalls();
    const { rows } = await access.look();
    const counts = countByOperation(await client.calls({ internal: false }));
    // Two are the search for calls by IRSA, in the region and in us-east-1.
    expect(counts['cloudtrail:LookupEvents']).toBe(2 + 3);
    const verdicts = (of: AccessRow[]) => of.map(row => [row.ref, row.verdict]);
    expect(verdicts(rows)).toEqual(verdicts(seen.rows));
    expect(seen.gaps).toEqual([]);
  });

  it('is a gap where the right to search is missing, after one call in each region', async () => {
    world.forbid('cloudtrail:LookupEvents');
    const { client } = world.sandbox;
    await client.resetCalls();
    const { gaps, nodeGroups, rows } = await access.look();
    const counts = countByOperation(await client.calls({ internal: false }));
    expect(counts['cloudtrail:LookupEvents']).toBe(2);
    expect(nodeGroups).toBeUndefined();
    expect(rows).toHaveLength(seen.rows.length);
    expect(gaps.map(({ what }) => what)).toEqual(['use', 'nodeUse']);
    expect(gaps[1]).toMatchObject({
      sentence: expect.stringContaining('cloudtrail:LookupEvents'),
      costs: expect.stringMatching(/^Which programs act as their node/),
    });
  });
});
