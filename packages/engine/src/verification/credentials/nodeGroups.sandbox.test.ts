import { inCluster, ref } from '../__testUtils__/checkWorlds';
import { checkOf } from '../__testUtils__/VerifyWorld';
import type { FactBundle } from '../run/bundle';
import { judgeBundle } from '../run/judgeBundle';

const NODEGROUP = 'eks.amazonaws.com/nodegroup';
const ID = 'credentials.node-groups';

describe('one probe for each node group in use', () => {
  const { world, kube } = inCluster();
  let most = 0;
  let bundle: FactBundle | undefined;
  const verify = (request: object) =>
    world().verify(
      { ref, probe: 'pod', ...request },
      {
        sawFacts: seen => {
          bundle = seen;
        },
        emit: async event => {
          world().events.push(event);
          most = Math.max(most, world().probes(ref.namespace).length);
        },
      },
    );
  const created = () =>
    world().log.filter(line => /^Probe pod \S+ is created/.test(line)).length;

  beforeEach(async () => {
    most = 0;
    await kube().addNode({
      kind: 'managed',
      roleArn: 'arn:aws:iam::111122223333:role/payments-prod-nodes',
      labels: { [NODEGROUP]: 'gpu' },
    });
    // The first probe goes where the newest pod is.
    await world().newestPod(ref, { [NODEGROUP]: 'gpu' });
    world().events.length = 0;
  });

  it('runs them in turn, leaves none, and says where pods got credentials', async () => {
    const report = await verify({ perNodeGroup: true });
    expect(report.status).toBe('verified');
    expect(checkOf(report, ID)).toMatchObject({
      status: 'pass',
      lead: 'Pods in node group general got credentials too.',
      message:
        'Pods in node group general got credentials too. Agents gave pods credentials on 2 of 3 nodes in use: 1 of 2 in node group general, 1 of 1 in node group gpu.',
      counts: { what: 'nodes', good: 2, all: 3 },
    });
    const first = checkOf(report, 'credentials.agent-answers');
    expect(first.message).toMatch(
      /^The agent on node \S+ gave the pod credentials\.$/,
    );
    expect(first.counts).toBeUndefined();
    const again = await judgeBundle(bundle!);
    expect(checkOf(again, first.id)).toMatchObject({ message: first.message });
    expect(checkOf(again, ID).counts).toEqual({
      what: 'nodes',
      good: 2,
      all: 3,
    });
    expect([created(), most]).toEqual([2, 1]);
    world().assertNoProbes(ref.namespace);
  });

  it('names the group whose pod got none, with the cause on its node', async () => {
    const general = kube()
      .list('nodes')
      .filter(({ metadata }) => metadata.labels?.[NODEGROUP] === 'general');
    for (const { metadata } of general) {
      kube().setAgent('refuse', metadata.name);
    }
    const report = await verify({ perNodeGroup: true });
    expect(report.status).toBe('broken');
    expect(checkOf(report, 'credentials.agent-answers').status).toBe('pass');
    expect(checkOf(report, ID)).toMatchObject({
      status: 'fail',
      lead: 'A pod in node group general got no credentials.',
      message: expect.stringMatching(
        /credentials\. The agent on node ip-.* Agents gave pods credentials on 1 of 3 nodes in use: 1 of 1 in node group gpu, 0 of 2 in node group general\.$/,
      ),
      counts: { what: 'nodes', good: 1, all: 3 },
      resource: { kind: 'node', name: expect.stringMatching(/^ip-/) },
    });
    expect([created(), most]).toEqual([2, 1]);
    world().assertNoProbes(ref.namespace);
  });

  it('runs one pod unless the request asks for one per node group, and does not reuse that report for such a request', async () => {
    const report = await verify({ trigger: 'action' });
    expect(report.checks.map(({ id }) => id)).not.toContain(ID);
    expect(created()).toBe(1);
    expect(checkOf(report, 'credentials.agent-answers').message).toMatch(
      /\. So this is proven on 1 of 3 nodes in use: 1 of 1 in node group gpu, 0 of 2 in node group general\.$/,
    );
    // The next pod waits for a minute after the last one.
    world().sandbox.clock.setRate(20);
    const more = await verify({ trigger: 'action', perNodeGroup: true });
    world().sandbox.clock.setRate(1);
    expect(more.reused).toBeUndefined();
    expect(checkOf(more, ID).status).toBe('pass');
  });
});
