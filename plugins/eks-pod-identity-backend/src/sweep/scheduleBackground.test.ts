import type { SchedulerService } from '@backstage/backend-plugin-api';
import type { SetTask } from '../clusters/TaskSet';
import { memoryDatabase } from '../store/__testUtils__/memoryDatabase';
import { SweptAccount } from './__testUtils__/SweptAccount';
import { scheduleBackground } from './scheduleBackground';

describe('what the plugin does when no user asks for it', () => {
  const knex = memoryDatabase();

  /** What a start with this app-config schedules, and what it keeps in step with the clusters. */
  async function started(section: object) {
    const account = new SweptAccount(knex, section);
    const { clock, config, engine, logger, store } = account;
    await store.access.failed('prod', 'It does not answer.');
    const tasks = new Map<string, SetTask>();
    const did: string[] = [];
    const doing = (what: string) => async () => void did.push(what);
    let onClusters = async () => {};
    await scheduleBackground({
      clock,
      config,
      database: { getClient: async () => knex },
      engine,
      evidence: { tasks: () => ({ keep: doing('evidence') }) },
      findings: {},
      logger,
      notifier: { digest: doing('digest') },
      scheduler: {
        scheduleTask: async ({ id, ...task }: SetTask & { id: string }) => {
          tasks.set(id, task);
        },
      } as unknown as SchedulerService,
      setups: {},
      store,
      supply: {
        schedule: async (_: unknown, __: unknown, then: typeof onClusters) => {
          onClusters = then;
        },
      },
      sweeper: { schedule: doing('schedule'), keepTasks: doing('keepTasks') },
    } as unknown as Parameters<typeof scheduleBackground>[0]);
    const looks = [...(await store.access.states()).keys()];
    return { did, looks, onClusters, tasks };
  }

  it('keeps the sweeps and the searches in step with the clusters', async () => {
    const { did, onClusters } = await started({});
    expect(did).toEqual(['schedule', 'evidence']);
    await onClusters();
    expect(did.slice(2)).toEqual(['keepTasks', 'evidence']);
  });

  it.each([
    ['forgets', false, []],
    ['keeps', true, ['prod']],
  ])(
    '%s all AWS access that was seen where listing it is %s in app-config',
    async (_, enabled, expected) => {
      const { looks } = await started({ inventory: { enabled } });
      expect(looks).toEqual(expected);
    },
  );

  const ALWAYS = ['probe-leftovers', 'retention', 'setup-check'];
  it.each([
    [true, ['digest', ...ALWAYS]],
    [false, ALWAYS],
  ])(
    'sends a digest every morning where that is %s in app-config',
    async (digest, expected) => {
      const { did, tasks } = await started({ notifications: { digest } });
      expect([...tasks.keys()].sort()).toEqual(expected);
      const task = tasks.get('digest');
      await task?.fn(new AbortController().signal);
      expect(task?.frequency).toEqual(
        digest ? { cron: '0 7 * * *' } : undefined,
      );
      expect(did.includes('digest')).toBe(digest);
    },
  );
});
