import { VerifyWorld } from '../__testUtils__/VerifyWorld';

const ref = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-ledger',
};

describe('the probe that no node takes', () => {
  let world: VerifyWorld;
  const nodes: string[] = [];
  let name: string;
  let running: ReturnType<VerifyWorld['verify']>;
  const kube = () => world.kube();

  async function addNode() {
    nodes.push(
      await kube().addNode({
        kind: 'managed',
        roleArn: 'arn:aws:iam::111122223333:role/payments-prod-nodes',
        labels: { pool: 'gone' },
      }),
    );
  }

  beforeAll(async () => {
    world = await VerifyWorld.start();
    await world.settled();
    // Past the half minute in which EKS may refuse a role that it does not see yet
    await world.sandbox.clock.advance(61_000);
  });
  afterAll(() => world.stop());

  /** Starts one whose only node is closed, and waits until the scheduler has said no. */
  beforeEach(async () => {
    await addNode();
    await world.newestPod(ref, { pool: 'gone' });
    await kube().apply({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: nodes[0] },
      spec: { unschedulable: true },
    });
    running = world.verify({ ref, probe: 'pod' });
    while (!world.log.some(line => line.startsWith('No node takes'))) {
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    [name] = world.probes('payments');
  });
  afterEach(async () => {
    for (const node of nodes.splice(0)) await kube().removeNode(node);
    world.assertNoProbes('payments');
    await world.reset();
  });

  const say = (reason: string, message: string) =>
    kube().apply({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.1`, namespace: 'payments' },
      involvedObject: { kind: 'Pod', name, namespace: 'payments' },
      reason,
      message,
      type: 'Normal',
      source: { component: 'cluster-autoscaler' },
    });
  const told = async () => {
    const { checks } = await running;
    return checks.find(({ id }) => id === 'credentials.agent-answers')!;
  };

  it('ends when no autoscaler has said anything for a while', async () => {
    const startedAt = world.sandbox.clock.now();
    await world.sandbox.clock.advance(18_000);
    expect(world.probes('payments')).toEqual([name]);
    await world.sandbox.clock.advance(3_000);
    const { message, fix } = await told();
    expect(message).toMatch(/^No node took the probe pod within 2\d s: 0\/\d/);
    expect(fix?.actions.at(-1)).toMatch(
      /^No autoscaler answered within 20 s\. Karpenter, Auto Mode or the Cluster Autoscaler could start a node/,
    );
    expect(world.sandbox.clock.now() - startedAt).toBeLessThan(60_000);
  });

  it('ends at once when the autoscaler starts no node', async () => {
    const words = "pod didn't trigger scale-up: 1 max node group size reached";
    await say('NotTriggerScaleUp', words);
    await world.sandbox.clock.advance(3_000);
    expect((await told()).fix?.actions.at(-1)).toBe(
      `The autoscaler starts no node for it either: ${words}. A node pool or node group that fits the pod would let it.`,
    );
  });

  it('waits for a node that an autoscaler starts', async () => {
    await say('TriggeredScaleUp', 'pod triggered scale-up: [{eks-a 1->2}]');
    await world.sandbox.clock.advance(60_000);
    expect(world.probes('payments')).toEqual([name]);
    await addNode();
    expect((await told()).status).toBe('pass');
  });
});
