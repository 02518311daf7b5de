import {
  agent,
  ask,
  context,
  denied,
  HAVING,
  LACKING,
  node,
  pod,
} from '../__testUtils__/judge';
import { known } from '../framework/fact';
import type { PodFact } from '../framework/facts/workloads';
import { runningOf } from '../framework/workloadsOf';
import { workloadsStartUp } from './startUp';

const MINUTE = 60_000;
const BOOT = context.now - 30 * MINUTE;
/** Of the first agent on a new node, which is ready 40 seconds after the node came. */
const FIRST = {
  createdAt: BOOT + 5_000,
  startedAt: BOOT + 35_000,
  readySince: BOOT + 40_000,
};
const job = { kind: 'Job', name: 'migrate' };

describe('workloads.start-up', () => {
  const judge = (
    started: Partial<PodFact>,
    of: object = {},
    on: object = {},
    failedPods: object = known([]),
  ) =>
    ask(workloadsStartUp, {
      pods: [pod({ startedAt: BOOT + 28_000, name: 'early', ...started })],
      agentPods: known([
        agent('node-1', true, { ...FIRST, ...of }),
        agent('node-2'),
      ]),
      nodes: known([
        node('node-1', { createdAt: BOOT, ...on }),
        node('node-2'),
      ]),
      failedPods,
    });

  it('names what started on a new node before its agent was ready', () => {
    expect(judge({})).toMatchObject({
      status: 'note',
      message:
        '1 of Deployment api started on a new node before its agent was ready: 12 seconds before on node-1.',
      observed: 'early',
      resource: { kind: 'node', name: 'node-1' },
      fix: {
        actions: [expect.stringMatching(/^If a program/), expect.anything()],
      },
    });
  });

  it('names first what failed since', () => {
    const lost = pod({
      name: 'lost',
      owner: job,
      phase: 'Failed',
      startedAt: BOOT + 20_000,
    });
    const late = { ...lost, startedAt: BOOT + 50_000 };
    expect(judge({}, {}, {}, known([late, lost]))).toMatchObject({
      message:
        '1 of Job migrate started on a new node before its agent was ready, and failed: 20 seconds before on node-1.',
      observed: 'lost',
      fix: {
        actions: [
          expect.stringMatching(/^Run what failed once more/),
          expect.anything(),
        ],
      },
    });
    expect(
      ask(workloadsStartUp, {
        pods: [],
        agentPods: known([agent('node-1', true, FIRST)]),
        nodes: known([node('node-1', { createdAt: BOOT })]),
        failedPods: known([lost]),
      }).status,
    ).toBe('note');
  });

  it.each<[string, Partial<PodFact>, object, object]>([
    ['started after it', { startedAt: BOOT + 41_000 }, {}, {}],
    ['started in the same second', { startedAt: BOOT + 39_000 }, {}, {}],
    ['has no start', { startedAt: undefined }, {}, {}],
    ['has no identity to ask for', { containers: [LACKING] }, {}, {}],
    ['is on a node whose agent is unknown', { nodeName: 'node-2' }, {}, {}],
    ['is on a node without an agent', { nodeName: 'node-3' }, {}, {}],
    ['is older than an agent that crashed', {}, { restarts: 1 }, {}],
    [
      'is older than an agent that replaced another',
      {},
      {
        createdAt: BOOT + 20 * MINUTE,
        startedAt: BOOT + 20 * MINUTE,
        readySince: BOOT + 20 * MINUTE,
      },
      {},
    ],
    ['ran while its node was away', {}, { readySince: BOOT + 20 * MINUTE }, {}],
    ['is on a node of unknown age', {}, {}, { createdAt: undefined }],
    ['is beside an agent of unknown age', {}, { createdAt: undefined }, {}],
    ['is beside an agent of unknown start', {}, { startedAt: undefined }, {}],
    ['is beside an agent ready since ever', {}, { readySince: undefined }, {}],
    ['is beside an agent that is not ready', {}, { ready: false }, {}],
  ])('says nothing of a pod that %s', (_what, started, of, on) => {
    expect(judge(started, of, on)).toMatchObject({ status: 'pass' });
  });

  it('judges running pods where it cannot see those that failed, and nothing without pods', () => {
    expect(judge({}, {}, {}, denied).status).toBe('note');
    expect(judge({ containers: [LACKING, HAVING] }).status).toBe('note');
    expect(
      ask(workloadsStartUp, {
        pods: [],
        agentPods: known([]),
        nodes: known([]),
        failedPods: known([]),
      }).status,
    ).toBe('skip');
  });

  const startOf = (...pods: PodFact[]) =>
    ask(workloadsStartUp, {
      pods,
      agentPods: denied,
      nodes: denied,
      failedPods: denied,
    });
  const pulling = (rest: Partial<PodFact> = {}) =>
    pod({
      name: 'stuck',
      phase: 'Pending',
      notStarted: 'the image of container app cannot be pulled: ErrImagePull',
      ...rest,
    });

  it('names pods that cannot start, with the reason', () => {
    expect(startOf(pulling(), pod())).toMatchObject({
      status: 'warn',
      message:
        '1 of 2 pods cannot start (1 of Deployment api): the image of container app cannot be pulled: ErrImagePull.',
      observed: 'stuck',
      lacking: [
        {
          how: 'start',
          which: 'the image of container app cannot be pulled: ErrImagePull',
          pods: ['stuck'],
        },
      ],
      fix: { snippet: { text: 'kubectl -n payments describe pod stuck' } },
    });
  });

  it('notes a sidecar that does not start again beside a program that runs', () => {
    const why = 'the image of sidecar proxy cannot be pulled: ImagePullBackOff';
    const sidecar = {
      ...HAVING,
      name: 'proxy',
      kind: 'sidecar' as const,
      state: 'waiting' as const,
    };
    const beside = pulling({
      phase: 'Running',
      notStarted: why,
      containers: [HAVING, sidecar],
    });
    expect(startOf(beside)).toMatchObject({
      status: 'note',
      message: `1 of Deployment api: ${why}, while the other containers run.`,
    });
    expect(runningOf([beside])).toEqual({ running: [beside] });
    // Its program has not started, or waits for the same.
    for (const rest of [
      { phase: 'Pending' },
      { containers: [sidecar, { ...HAVING, state: 'waiting' as const }] },
    ]) {
      const waiting = { ...beside, ...rest };
      expect(startOf(waiting).status).toBe('warn');
      expect(runningOf([waiting])).toHaveProperty('none');
    }
  });

  it('waits for a node as long as one may come', () => {
    const nowhere = (age: number) =>
      startOf(
        pulling({
          notStarted: 'no node takes it: 0/3 nodes are available.',
          unscheduled: true,
          createdAt: context.now - age * MINUTE,
        }),
      );
    expect(nowhere(4)).toMatchObject({
      status: 'note',
      message:
        '1 of 1 pods have not started (1 of Deployment api): no node takes it: 0/3 nodes are available.',
      lacking: [],
    });
    expect(nowhere(6)).toMatchObject({
      status: 'warn',
      lacking: [{ how: 'start', pods: ['stuck'] }],
    });
  });

  it('notes a start that takes long, and a container that crashes', () => {
    const waiting = { ...HAVING, state: 'waiting' as const };
    const starting = (age: number) =>
      startOf(
        pod({
          phase: 'Pending',
          containers: [waiting],
          createdAt: context.now - age * MINUTE,
        }),
      );
    expect(starting(6)).toMatchObject({
      status: 'note',
      message: expect.stringMatching(/^1 of 1 pods have not started/),
    });
    // As before, it takes the agents to say more.
    expect(starting(4).status).toBe('unknown');
    expect(
      startOf(pod({ containers: [{ ...HAVING, state: 'crashing' }] })),
    ).toMatchObject({
      status: 'note',
      message:
        '1 of Deployment api: container app starts and ends again and again, and counts as running.',
    });
    const killed = { ...HAVING, state: 'crashing' as const, outOfMemory: true };
    expect(startOf(pod({ containers: [killed] })).message).toMatch(
      /as running\. Container app was last killed because it exceeded its memory limit\.$/,
    );
    const both = [killed, { ...killed, name: 'web' }];
    expect(startOf(pod({ containers: both })).message).toMatch(
      /as running\. Container app and container web were last killed because they exceeded their memory limits\.$/,
    );
    const two = ['app', 'web'].map(name => ({
      ...HAVING,
      name,
      state: 'crashing' as const,
    }));
    expect(startOf(pod({ containers: two })).message).toBe(
      '1 of Deployment api: container app and container web start and end again and again, and count as running.',
    );
  });
});
