// wall time: what a wait took is counted by the clock of its test
import { FIELD_MANAGER } from 'backstage-plugin-eks-pod-identity-common';
import { ManualClock } from '../../async/ManualClock';
import { KubernetesError } from '../../kubernetes/errors';
import type { LiveWorkload } from '../../kubernetes/types';
import { awsScope } from '../__testUtils__/awsScope';
import { podOf, waiting } from '../__testUtils__/rolloutPods';
import { waitForRollout } from './waitForRollout';

const SECONDS = 1_000;
const DEADLINE = 60 * SECONDS;
const MARK = '2026-12-01T08:00:00Z';

const unscheduled = {
  conditions: [
    {
      type: 'PodScheduled',
      status: 'False',
      message: '0/2 nodes are available',
    },
  ],
};
describe('the wait for a roll-out', () => {
  const underWay = (kind = 'Deployment', more: any = {}): LiveWorkload =>
    ({
      metadata: {
        generation: 2,
        managedFields: [
          { manager: FIELD_MANAGER, time: MARK },
          { manager: 'x' },
        ],
      },
      spec: { replicas: 2, template: {}, ...more.spec },
      status: {
        observedGeneration: 2,
        replicas: 2,
        updatedReplicas: 1,
        availableReplicas: 2,
        desiredNumberScheduled: 2,
        ...more.status,
      },
      kind,
    } as any);
  const done = underWay('Deployment', {
    status: { updatedReplicas: 2, availableReplicas: 2 },
  });
  const FULL = 'exceeded quota: full';
  const failing = (message: string, spec: object = {}) =>
    underWay('Deployment', {
      spec,
      status: {
        conditions: [
          {
            type: 'ReplicaFailure',
            status: 'True',
            reason: 'FailedCreate',
            message,
          },
        ],
      },
    });
  const refused = (kind: 'forbidden' | 'timeout') => (): never => {
    throw new KubernetesError({ kind, message: 'no' });
  };
  const event = (message: string, lastTimestamp: string) => ({
    message,
    lastTimestamp,
  });

  async function wait({
    kind = 'Deployment',
    live = () => underWay(kind),
    pods = () => [],
    nodes = () => [],
    events = () => [],
    isAwaited = () => false,
    toTheEnd = false,
  }: {
    kind?: string;
    live?: (at: number) => LiveWorkload | undefined;
    pods?: (at: number) => any[];
    nodes?: () => any[];
    events?: (selector: string) => any[];
    isAwaited?: () => boolean;
    toTheEnd?: boolean;
  }) {
    const clock = new ManualClock(0);
    let asked = 0;
    const api: any = {
      readWorkload: async () => live(clock.now()),
      listPods: async () => pods(clock.now()),
      listNodes: async () => {
        asked += 1;
        return nodes();
      },
      listEvents: async (_: string, { fieldSelector }: any) =>
        events(fieldSelector),
    };
    const world = awsScope(
      {},
      {
        kubernetes: api,
        clock,
        guard: { isAwaited: async () => isAwaited() } as any,
      },
    );
    const ended = await world.end(
      waitForRollout(world.scope, world.step, {
        api,
        key: { kind, namespace: 'shop', name: 'api' } as any,
        deadlineMs: DEADLINE,
        toTheEnd,
      }),
    );
    return {
      ended,
      said: world.said,
      took: clock.now(),
      askedForNodes: asked,
    };
  }

  it.each<[string, (at: number) => LiveWorkload | undefined]>([
    [
      'as soon as all new pods are available',
      at => (at < 9_000 ? underWay() : done),
    ],
    ['with the workload', at => (at < 9_000 ? underWay() : undefined)],
  ])('ends %s, and says meanwhile how far it is', async (_, live) => {
    const { ended, said, took } = await wait({ live });
    expect([ended, said]).toEqual(['done', ['1 of 2 new pods are available']]);
    expect(took).toBeLessThan(15 * SECONDS);
  });

  it('ends early where another change waits for it, unless it is asked to stay', async () => {
    const isAwaited = () => true;
    expect(await wait({ isAwaited })).toMatchObject({
      ended: 'awaited',
      took: 0,
    });
    const live = (at: number) => (at < 9_000 ? underWay() : done);
    const { ended } = await wait({ isAwaited, toTheEnd: true, live });
    expect(ended).toBe('done');
  });

  it('ends at its deadline with how far it came, and the way back', async () => {
    const { ended, took } = await wait({});
    expect(took).toBe(DEADLINE);
    expect(ended).toBe(
      'ConflictError: The new pods of Deployment shop/api did not become available within 60 s (1 of 2 new pods are available). Look at them with "kubectl -n shop get pods". Pods that are not replaced yet go on as they were, and the roll-out goes on by itself once nothing is in its way. To go back to the pods before, run "kubectl -n shop rollout undo deployment/api".',
    );
  });

  it('ends soon with what lasts, and with the pod that blocks a StatefulSet', async () => {
    const kind = 'StatefulSet';
    const pod = podOf('api-0', {
      kind,
      node: 'n',
      status: waiting('InvalidImageName'),
    });
    const { ended, took, askedForNodes } = await wait({
      kind,
      pods: at => (at < 100 ? [] : [pod]),
    });
    expect(took).toBeGreaterThanOrEqual(SECONDS);
    expect(took).toBeLessThan(3 * SECONDS);
    expect(ended).toMatch(
      /did not become available: api-0: container app: InvalidImageName\. Pods .*delete pod api-0"\.$/,
    );
    expect(askedForNodes).toBe(0);
  });

  it('does not end with what has only begun to last', async () => {
    const pod = (status: object) => [podOf('api-b', { node: 'n', status })];
    const { ended, took } = await wait({
      pods: at =>
        pod(
          at < 500 || (at > 1_000 && at < 2_500)
            ? waiting('InvalidImageName')
            : {},
        ),
      live: at => (at < 9_000 ? underWay() : done),
    });
    expect(ended).toBe('done');
    expect(took).toBeGreaterThanOrEqual(9_000);
  });

  it('says what may pass by itself, and waits to the end', async () => {
    const status = waiting('CrashLoopBackOff');
    const pods = () => [podOf('api-b', { node: 'n', status })];
    const { ended, said, took } = await wait({ pods });
    expect(said).toEqual([
      '1 of 2 new pods are available; api-b: container app: CrashLoopBackOff',
    ]);
    expect(took).toBe(DEADLINE);
    expect(ended).toMatch(
      /within 60 s \(1 of 2 .*\): api-b: container app: Crash/,
    );
  });

  const labelled = (label: string) => () =>
    [{ metadata: { labels: { zone: 'a', [label]: 'x' } } }];

  it.each<[string, boolean, Parameters<typeof wait>[0]]>([
    ['nothing makes nodes', false, {}],
    ['nodes have other labels', false, { nodes: labelled('zone') }],
    [
      'Karpenter makes nodes',
      true,
      { nodes: labelled('karpenter.sh/nodepool') },
    ],
    [
      'Auto Mode makes nodes',
      true,
      { nodes: labelled('eks.amazonaws.com/compute-type') },
    ],
    [
      'the autoscaler has begun to',
      true,
      { events: one => (one === 'reason=TriggeredScaleUp' ? [{}] : []) },
    ],
    [
      'the portal is not allowed to see nodes',
      false,
      { nodes: refused('forbidden') },
    ],
  ])('waits or not for a node, where %s', async (_, waits, options) => {
    const placed = { node: 'n', status: waiting('InvalidImageName') };
    const pods = () => [
      podOf('api-b', { status: unscheduled }),
      podOf('api-2-b', placed),
    ];
    const { ended, took, askedForNodes } = await wait({ pods, ...options });
    expect(ended).toMatch(/0\/2 nodes are available/);
    expect(took === DEADLINE).toBe(waits);
    expect(askedForNodes).toBe(1);
  });

  it('says what the controller of a Deployment says, of a quota after a while', async () => {
    const policy = await wait({ live: () => failing('policy says no') });
    expect(policy.ended).toMatch(
      /did not become available: policy says no\. Pods/,
    );
    expect(policy.took).toBeLessThan(3 * SECONDS);
    const quota = await wait({ live: () => failing(FULL) });
    expect(quota.ended).toMatch(
      /did not become available: exceeded quota: full\./,
    );
    expect(quota.took).toBeGreaterThanOrEqual(3 * SECONDS);
    expect(quota.took).toBeLessThan(6 * SECONDS);
  });

  it('waits for a quota where old pods make room', async () => {
    const recreate = { strategy: { type: 'Recreate' } };
    const { took } = await wait({ live: () => failing(FULL, recreate) });
    expect(took).toBe(DEADLINE);
    const other = await wait({
      live: () => failing('policy says no', recreate),
    });
    expect(other.took).toBeLessThan(3 * SECONDS);
  });

  describe('of a StatefulSet, whose refusals only events tell', () => {
    const kind = 'StatefulSet';
    const refusals = (...list: any[]) => ({
      kind,
      events: (selector: string) =>
        selector ===
        'involvedObject.kind=StatefulSet,involvedObject.name=api,reason=FailedCreate'
          ? list
          : [],
    });

    it('says the last one since the template changed', async () => {
      const { ended, took } = await wait(
        refusals(
          event('first', '2026-12-01T08:00:10Z'),
          event('last', '2026-12-01T08:00:30Z'),
          event('middle', '2026-12-01T08:00:20Z'),
        ),
      );
      expect(ended).toMatch(/did not become available: last\. Pods/);
      expect(took).toBeLessThan(3 * SECONDS);
    });

    it('takes the time of an event where the newer kind has it', async () => {
      const { ended } = await wait(
        refusals(event('first', '2026-12-01T08:00:10Z'), {
          message: 'newer',
          eventTime: '2026-12-01T08:00:20Z',
        }),
      );
      expect(ended).toMatch(/available: newer\. Pods/);
    });

    it('leaves out what was refused before', async () => {
      const { took } = await wait(
        refusals(event('old', '2026-12-01T07:59:59Z')),
      );
      expect(took).toBe(DEADLINE);
    });

    it('takes what was refused in the second of the change', async () => {
      const { ended } = await wait(refusals(event('just then', MARK)));
      expect(ended).toMatch(/available: just then\. Pods/);
    });

    it('asks for none of a Deployment, whose conditions tell', async () => {
      const { ended } = await wait({ events: refused('forbidden') });
      expect(ended).not.toMatch(/A quota or a policy/);
    });

    it('names the command where the portal is not allowed to see events, and asks once', async () => {
      let asked = 0;
      const { ended } = await wait({
        kind,
        events: () => {
          asked += 1;
          return refused('forbidden')();
        },
      });
      expect(asked).toBe(1);
      expect(ended).toMatch(
        /A quota or a policy may refuse them: "kubectl -n shop get events --field-selector involvedObject\.name=api" tells\./,
      );
    });

    it('asks again for events that were not answered', async () => {
      let asked = 0;
      const { ended } = await wait({
        kind,
        events: () => {
          asked += 1;
          return refused('timeout')();
        },
      });
      expect(asked).toBeGreaterThan(1);
      expect(ended).not.toMatch(/A quota or a policy/);
    });

    it('ends with what is no answer of Kubernetes', async () => {
      const events = () => {
        throw new TypeError('x');
      };
      expect((await wait({ kind, events })).ended).toBe('TypeError: x');
    });
  });
});
