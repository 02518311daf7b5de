import type { SchedulerService } from '@backstage/backend-plugin-api';
import type { Entity } from '@backstage/catalog-model';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  IDENTITY_ENTITY_TYPE,
  POD_IDENTITY_ANNOTATION,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Telemetry } from '../telemetry';
import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import type { SetTask } from '../clusters/TaskSet';
import { refOf, SweptAccount } from './__testUtils__/SweptAccount';
import { Sweeper, type SweeperOptions } from './Sweeper';

const MINUTE = 60_000;
const API = 'component:default/api';
const forever = new AbortController().signal;

describe('the sweeps of a process', () => {
  const knex = memoryDatabase();
  let account: SweptAccount;
  let tasks: Map<string, SetTask>;
  /** Sweeps that were counted, and those after which administrators were told. */
  let counted: unknown[];
  let told: string[];

  beforeEach(() => {
    account = new SweptAccount(knex, {
      sweep: { schedule: { frequency: { minutes: 10 } } },
      timings: { sweepInterval: MINUTE },
    });
    account.foreign('a');
    tasks = new Map();
    counted = [];
    told = [];
  });

  const sweeperOf = (more: Partial<SweeperOptions> = {}) =>
    new Sweeper({
      ...account.sweepOptions(),
      auth: account.auth,
      catalog: account.catalogService,
      scheduler: {
        scheduleTask: async ({ id, ...task }: SetTask & { id: string }) => {
          tasks.set(id, task);
        },
      } as unknown as SchedulerService,
      telemetry: {
        willSweep: cluster => counted.push(['will', cluster]),
        swept: (...args) => counted.push(args),
      } as Partial<Telemetry> as Telemetry,
      onSwept: async ({ id }) => {
        told.push(id);
      },
      ...more,
    });
  const messages = () =>
    account.logger.lines
      .filter(({ level }) => level !== 'debug')
      .map(({ level, message }) => `${level}: ${message}`);

  /** Holds each sweep at its list of associations until it is let go. */
  function hold() {
    let letGo = () => {};
    const held = new Promise<void>(resolve => {
      letGo = resolve;
    });
    account.during = call => call.startsWith('List') && held;
    return letGo;
  }
  const turn = () => new Promise(resolve => setImmediate(resolve));
  /** Until so many have begun. */
  async function begun(count: number) {
    while (account.calls.length < count) await turn();
  }

  it('are spread over the first minute, and then come as app-config says', async () => {
    await sweeperOf().schedule();
    const { frequencyMs, timeoutMs } = account.config.sweep;
    expect(frequencyMs).toBe(10 * MINUTE);
    const delays = [...tasks].map(([id, { initialDelay, ...task }]) => {
      expect(task).toMatchObject({
        frequency: { milliseconds: frequencyMs },
        timeout: { milliseconds: timeoutMs },
        scope: 'global',
      });
      return [id, initialDelay];
    });
    expect(delays).toEqual([
      ['catalog-annotations', { milliseconds: 10_000 }],
      ['sweep:prod', { milliseconds: 3_000 }],
      ['sweep:next', { milliseconds: 33_000 }],
    ]);
    expect(counted).toEqual([
      ['will', 'prod'],
      ['will', 'next'],
    ]);
  });

  const ended = { sweptMs: MINUTE };
  it.each([
    ['the first one', {}, true],
    ['one a minute after the end of the last', ended, true],
    ['none before that', { sweptMs: MINUTE - 1 }, false],
    ['none in the very moment of it', { sweptMs: 0 }, false],
    ['one where the clock of another replica is ahead', { sweptMs: -1 }, true],
    ['none within a minute of the begin of one', { triedMs: 1 }, false],
    ['one a minute after that', { sweptMs: 1, triedMs: MINUTE }, true],
    ['one that is ordered', { sweptMs: 1, ordered: true }, true],
    ['none of one that failed', { ...ended, triedMs: 1 }, false],
  ])(
    'takes its turn: %s',
    async (_, { sweptMs, triedMs, ordered }: any, expected) => {
      await sweeperOf().schedule();
      const { clock, store } = account;
      const now = clock.now();
      const states = knex('cluster_states').where({ cluster: 'prod' });
      if (sweptMs !== undefined) {
        await store.clusterStates.finished('prod', undefined);
        await states.clone().update({ swept_at: now - sweptMs });
      }
      if (triedMs !== undefined) {
        const at = now - triedMs;
        const cursor = { startedAt: at, triedAt: at };
        await store.clusterStates.setCursor('prod', cursor);
      }
      if (ordered) await store.clusterStates.order('prod');
      await tasks.get('sweep:prod')!.fn(forever);
      expect(account.calls.length > 0).toBe(expected);
      const word = triedMs === undefined ? 'ended' : 'began or failed';
      const line = expected
        ? 'info: Swept cluster prod: 1 associations'
        : `info: Skipped a sweep of cluster prod: the last one ${word} less than 60 s ago`;
      expect(messages()).toEqual([expect.stringContaining(line)]);
    },
  );

  it('leave out a cluster that is gone', async () => {
    let present = account.engine.clusters.list();
    const clusters = Object.create(account.engine.clusters, {
      list: { value: () => present },
    });
    await sweeperOf({ clusters }).schedule();
    const { fn } = tasks.get('sweep:next')!;
    await fn(forever);
    present = present.slice(0, 1);
    await account.clock.advance(MINUTE);
    await fn(forever);
    expect(messages()).toEqual([
      'info: Swept cluster next: 0 associations, 0 described, 0 looked at',
      'info: Did not sweep cluster next: it is gone',
    ]);
  });

  it('are counted, logged and told of when they have ended, well or not', async () => {
    const sweeper = sweeperOf();
    const summary = { associations: 1, described: 1, looked: 1 };
    expect(await sweeper.sweep('prod', forever)).toEqual({
      ...summary,
      resumed: false,
    });
    account.during = () => {
      throw new Error('EKS is away');
    };
    expect(await sweeper.sweep('prod', forever)).toBeUndefined();
    expect(counted).toEqual([
      ['prod', 'done', expect.objectContaining(summary)],
      ['prod', 'failed', undefined],
    ]);
    expect(messages()).toEqual([
      'info: Swept cluster prod: 1 associations, 1 described, 1 looked at',
      expect.stringContaining('warn: Cluster prod could not be swept'),
    ]);
    expect(told).toEqual(['prod', 'prod']);
  });

  it('say whether they went on with another one, and that no administrator was told', async () => {
    const { clock, store } = account;
    await store.clusterStates.setCursor('prod', {
      startedAt: clock.now(),
      after: 'prod/shop/0',
    });
    const onSwept = async () => {
      throw new Error('no mail');
    };
    await sweeperOf({ onSwept }).sweep('prod', forever);
    expect(messages()).toEqual([
      'info: Swept cluster prod: 1 associations, 1 described, 1 looked at (resumed)',
      'warn: Could not tell administrators of cluster prod',
    ]);
  });

  it('are two at once; a third one has its turn when one of them ends', async () => {
    const sweeper = sweeperOf();
    const letGo = hold();
    const sweeps = ['prod', 'next', 'prod'].map(id =>
      sweeper.sweep(id, forever),
    );
    await begun(2);
    for (let round = 0; round < 20; round += 1) await turn();
    expect(account.calls).toHaveLength(2);
    letGo();
    const looked = (await Promise.all(sweeps)).map(one => one?.looked);
    expect(looked).toEqual([1, 0, 1]);
  });

  it.each([
    [
      'say that they had no turn in their time',
      'timeout',
      [expect.stringMatching(/^warn: Could not sweep cluster prod: 2 other/)],
    ],
    ['say nothing of that where the process shuts down', 'stop', []],
  ])('%s', async (_, end, expected) => {
    const sweeper = sweeperOf();
    const letGo = hold();
    const others = ['prod', 'next'].map(id => sweeper.sweep(id, forever));
    await begun(2);
    const timeout = new AbortController();
    const waiting = sweeper.sweep('prod', timeout.signal);
    const stopped = end === 'stop' ? sweeper.stop() : timeout.abort();
    expect(await waiting).toBeUndefined();
    expect(messages()).toEqual(expected);
    expect(account.calls).toHaveLength(2);
    letGo();
    await Promise.all([stopped, ...others]);
  });

  /** A sweep that a test lets go on, and the end of its process, which waits for it. */
  const shuttingDown = async () => {
    const sweeper = sweeperOf();
    const letGo = hold();
    const sweep = sweeper.sweep('prod', forever);
    await begun(1);
    let stopped = false;
    const stopping = sweeper.stop().then(() => {
      stopped = true;
    });
    return { sweeper, letGo, sweep, stopping, isStopped: () => stopped };
  };

  it('are left to the next ones where the process shuts down', async () => {
    const { letGo, sweep, stopping, isStopped } = await shuttingDown();
    await turn();
    expect(isStopped()).toBe(false);
    letGo();
    expect(await Promise.all([sweep, stopping])).toEqual([
      undefined,
      undefined,
    ]);
    expect(account.clock.waiting).toBe(0);
    expect(messages()).toEqual([
      'info: Left the sweep of cluster prod to the next one: this process is shutting down',
    ]);
    expect([counted, told]).toEqual([[], []]);
  });

  it('keep a process that shuts down for five seconds at most', async () => {
    const { sweeper, letGo, sweep, stopping, isStopped } = await shuttingDown();
    await account.clock.advance(4_999);
    expect(isStopped()).toBe(false);
    await account.clock.advance(1);
    await stopping;
    letGo();
    // one by one: it goes on after the process has stopped
    await sweep;
    // Nothing runs any more
    await sweeper.stop();
  });

  it('fail when their time is over, and the sweeper reports it', async () => {
    const letGo = hold();
    const timeout = new AbortController();
    const sweep = sweeperOf().sweep('prod', timeout.signal);
    await begun(1);
    timeout.abort();
    letGo();
    await expect(sweep).rejects.toThrow(
      'The sweep of cluster prod was stopped before its end',
    );
    expect(told).toEqual(['prod']);
    expect(messages()).toEqual([]);
  });

  describe('what entities claim', () => {
    const claiming = (
      name: string,
      annotation: string,
      more: Partial<Entity> = {},
    ): Entity => ({
      apiVersion: 'backstage.io/v1alpha1',
      kind: 'Component',
      ...more,
      metadata: {
        name,
        namespace: 'default',
        annotations: {
          [POD_IDENTITY_ANNOTATION]: annotation,
          'backstage.io/kubernetes-namespace': 'shop',
        },
      },
    });
    const claims = async () => {
      const links = await account.store.entityRefs.ofCluster(
        'prod',
        'annotation',
      );
      return links.sort((a, b) => (a.entityRef < b.entityRef ? -1 : 1));
    };
    const read = async (pages: Entity[][], signal = forever) => {
      const catalog = {
        async *streamEntities() {
          yield* pages;
        },
      } as unknown as CatalogService;
      await account.clock.advance(MINUTE);
      await sweeperOf({ catalog }).readAnnotations(signal);
    };

    it('is read of the catalog, and goes when they do not claim it any more', async () => {
      const api = claiming('api', 'prod/shop/a');
      await read([[api], [claiming('other', 'prod/other/b')]]);
      const first = [
        {
          entityRef: API,
          ref: refOf('a'),
          source: 'annotation',
          ownsNamespace: true,
        },
        {
          entityRef: 'component:default/other',
          ref: { ...refOf('b'), namespace: 'other' },
          source: 'annotation',
        },
      ];
      expect(await claims()).toEqual(first);
      await read([[api]]);
      expect(await claims()).toEqual(first.slice(0, 1));
    });

    it('links nothing to an entity that stands for an identity', async () => {
      await read([
        [
          claiming('shown', 'prod/shop/a', {
            kind: 'Resource',
            spec: { type: IDENTITY_ENTITY_TYPE },
          }),
        ],
      ]);
      expect(await claims()).toEqual([]);
    });

    it('stays where reading it is stopped', async () => {
      await read([[claiming('api', 'prod/shop/a')]]);
      const stop = new AbortController();
      stop.abort(new Error('too late'));
      await expect(read([[]], stop.signal)).rejects.toThrow('too late');
      expect(await claims()).toHaveLength(1);
    });
  });
});
