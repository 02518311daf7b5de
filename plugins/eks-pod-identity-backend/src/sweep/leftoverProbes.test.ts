import type {
  SchedulerService,
  SchedulerServiceTaskInvocationDefinition,
} from '@backstage/backend-plugin-api';
import { NotAllowedError } from '@backstage/errors';
import type { Engine } from 'eks-pod-identity-engine';
import { type AwsCaller, currentCaller } from 'eks-pod-identity-engine/portal';
import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import { SweptAccount } from './__testUtils__/SweptAccount';
import { scheduleLeftoverProbes } from './leftoverProbes';

const ACCOUNT = { region: 'eu-west-1', accountId: '111122223333' };

describe('probe pods that an interrupted verification left behind', () => {
  const knex = memoryDatabase();
  let account: SweptAccount;
  let stopping: AbortController;
  let searched: [cluster: string, namespaces: string[], AwsCaller][];
  let search: (
    cluster: string,
  ) => Promise<Awaited<ReturnType<Engine['deleteLeftoverProbes']>>>;

  beforeEach(() => {
    account = new SweptAccount(knex, {
      clusters: [
        { name: 'prod', ...ACCOUNT },
        { name: 'closed', ...ACCOUNT, kubernetes: { access: 'none' } },
        { name: 'next', ...ACCOUNT },
      ],
    });
    stopping = new AbortController();
    searched = [];
    search = async () => ({ deleted: [], problems: [] });
  });

  /** Runs the task that is scheduled. */
  async function round() {
    const { engine, logger, store } = account;
    const tasks: SchedulerServiceTaskInvocationDefinition[] = [];
    await scheduleLeftoverProbes({
      engine: {
        clusters: engine.clusters,
        deleteLeftoverProbes: async ({ id }, { signal, namespaces }) => {
          expect(signal).toBe(stopping.signal);
          searched.push([id, namespaces.sort(), currentCaller()]);
          return search(id);
        },
      },
      logger,
      store,
      scheduler: {
        scheduleTask: async task => void tasks.push(task),
      } as Partial<SchedulerService> as SchedulerService,
    });
    const [{ fn }] = tasks;
    logger.lines.splice(0);
    await fn(stopping.signal);
    return logger.lines.map(({ level, message }) => `${level}: ${message}`);
  }

  it('are searched for in each cluster that the portal may ask, where it has associations', async () => {
    const { store } = account;
    await store.associations.upsert(
      ['shop/api', 'shop/web', 'tools/ci'].map(name => {
        const [namespace, serviceAccount] = name.split('/');
        return {
          ref: { cluster: 'prod', namespace, serviceAccount },
          associationId: name,
          arn: `arn:${name}`,
          owner: 'external',
          orphan: false,
          drift: false,
          listedAt: 1,
        };
      }),
    );
    expect(await round()).toEqual([]);
    expect(searched).toEqual([
      ['prod', ['shop', 'tools'], { lane: 'schedule', key: 'prod' }],
      ['next', [], { lane: 'schedule', key: 'next' }],
    ]);
  });

  it('are deleted, and the log says how many and what is left', async () => {
    search = async id =>
      id === 'prod'
        ? { deleted: ['a'], problems: ['Pod b was not deleted.'] }
        : { deleted: ['c', 'd'], problems: [] };
    const that = 'that an interrupted verification left on';
    expect(await round()).toEqual([
      'warn: Pod b was not deleted.',
      `info: Deleted 1 probe pod ${that} prod`,
      `info: Deleted 2 probe pods ${that} next`,
    ]);
  });

  it('are searched for in the next cluster where one does not answer', async () => {
    search = async id => {
      if (id === 'next') return { deleted: [], problems: [] };
      throw new NotAllowedError('Pods are not for you.');
    };
    expect(await round()).toEqual([
      'warn: Pods are not for you. The next round tries again.',
    ]);
    expect(searched.map(([id]) => id)).toEqual(['prod', 'next']);
  });

  it('are left to the next round, without a word, where the time is over', async () => {
    search = async () => {
      stopping.abort();
      throw new Error('Aborted');
    };
    expect(await round()).toEqual([]);
  });
});
