/** @night `routes/replicas` takes over in one process, `lifecycle/crashes` at each write */
import type {
  PlanRequest,
  StartOperation,
} from 'backstage-plugin-eks-pod-identity-common';
import { Sandbox, startSandbox, useEndpoint } from 'eks-sandbox';
import { PATIENCE_MS, until, within } from 'eks-sandbox/patience';
import type { Knex } from 'knex';
import {
  CLUSTER,
  CrashPoint,
  CrashWorld,
} from './__testUtils__/crashes/CrashWorld';
import { documentedWrites } from './__testUtils__/crashes/documentedWrites';
import { during, PassTime, probePods } from './__testUtils__/crashes/passTime';
import { STORIES, TARGETS } from './__testUtils__/crashes/stories';
import { neighbourOf, type Subject } from './__testUtils__/crashes/Subject';
import {
  isClean,
  minus,
  Outcome,
  Peaceful,
  printTable,
  Row,
  rowsOf,
} from './__testUtils__/crashes/table';
import { endOfTask, startTask } from './__testUtils__/crashes/templateRuns';
import { createTestDatabases, postgresIds } from './__testUtils__/databases';
import {
  ReplicaProcess,
  ReplicaProcesses,
} from './__testUtils__/replicaProcesses';
import { sandboxConfig } from './__testUtils__/sandboxBackend';
import { follow } from './__testUtils__/testBackend';

/**
 * On a quiet machine no test takes a tenth of it. Jest gives up later, so that the world has ended before the next
 * test begins.
 */
const TEST_MS = 10 * PATIENCE_MS;
jest.setTimeout(TEST_MS + PATIENCE_MS);

const databases = createTestDatabases();
const postgres = postgresIds(databases);
const SCHEMA = 'eks-pod-identity';
const PORTAL = 'crashes/portalProcess.ts';

/** For each story about the agent: once in peace, once killed before its write and once after. */
const AGENT_CLUSTERS = STORIES.filter(story => story.ownCluster).flatMap(
  (_, index) => [1, 2, 3].map(number => `agentless-${index}-${number}`),
);

/** That a process opens at a time. */
const SOCKETS_TO_AWS = 50;

/** In Kubernetes, because the rows take the sockets to AWS. */
const RUN_POINTS: CrashPoint[] = [
  { moment: 'after', write: 'kubernetes:create serviceaccounts', nth: 1 },
  { moment: 'after', write: 'kubernetes:create pods', nth: 1 },
];

const body = (kind: 'associate' | 'verify', serviceAccount: string) => ({
  kind,
  input: { clusterName: CLUSTER, namespace: 'payments', serviceAccount },
});

it('has the PostgreSQL that the test run brings', () => {
  expect(postgres.length > 0).toBe(
    process.env.EKS_POD_IDENTITY_TEST_POSTGRES !== undefined,
  );
});

const isOnAws = ({ point }: Row) => !point.write.startsWith('kubernetes:');

for (const databaseId of postgres) {
  describe(`backend processes on one ${databaseId}`, () => {
    let sandbox: Sandbox;
    let knex: Knex;
    let processes: ReplicaProcesses;
    let restore: () => void;
    let world: CrashWorld;
    let victim: ReplicaProcess;
    let survivor: ReplicaProcess;
    /** Without the scaffolder, whose own first migration bears no company. */
    let heir: ReplicaProcess;
    let time: PassTime;
    /** Runs of the template, each killed in another of its steps. */
    let runs: { point: CrashPoint; subject: Subject; taskId: string }[];
    let begun = false;

    async function beginWorld() {
      begun = true;
      sandbox = await startSandbox({ clusters: [CLUSTER] });
      for (const name of AGENT_CLUSTERS) await sandbox.createCluster({ name });
      restore = useEndpoint(sandbox.awsEndpoint);
      process.env.AWS_REGION = sandbox.region;
      const { backstage } = sandbox.credentials;
      process.env.AWS_ACCESS_KEY_ID = backstage.accessKeyId;
      process.env.AWS_SECRET_ACCESS_KEY = backstage.secretAccessKey;
      world = new CrashWorld(sandbox, AGENT_CLUSTERS);
      runs = RUN_POINTS.map(point => ({
        point,
        subject: world.subject({}),
        taskId: '',
      }));
      knex = await databases.init(databaseId);
      time = new PassTime(knex);
      processes = new ReplicaProcesses({ knex, config: config() });
      // Both at once, on a database in which nothing is
      [victim, heir] = await Promise.all([
        processes.start(PORTAL),
        processes.start(),
      ]);
      survivor = await processes.start(PORTAL);
    }

    async function endWorld() {
      if (!begun) return;
      begun = false;
      await processes?.stop();
      await sandbox?.stop();
      restore?.();
    }

    /** A test that fails leaves nothing to the next one. */
    const inWorld = (test: () => Promise<void>) => async () => {
      try {
        if (!begun) await beginWorld();
        await within(TEST_MS, test());
      } catch (error) {
        await endWorld();
        throw error;
      }
    };

    afterAll(endWorld);

    function config() {
      const clusters = [
        {
          name: CLUSTER,
          allow: { createNamespace: true },
          guardrails: {
            targetRoles: { allow: TARGETS },
            tags: { allow: ['tier'] },
          },
        },
        ...AGENT_CLUSTERS.map(name => ({
          name,
          kubernetes: { access: 'none' },
        })),
      ];
      const made = sandboxConfig(sandbox, clusters, {
        // Neither ends by itself while a request is held, however busy the machine is
        requestTimeout: 4 * PATIENCE_MS,
        connectTimeout: 4 * PATIENCE_MS,
        leaseTtl: 4 * PATIENCE_MS,
      });
      // Until a test says that the time is over
      made.scaffolder = {
        taskRecovery: { enabled: true, staleTimeout: { hours: 1 } },
      };
      Object.assign(made.eksPodIdentity as object, {
        limits: { plansPerCaller: 1_000 },
        pacing: { eksPerSecond: 10_000, iamPerSecond: 10_000, burst: 10_000 },
      });
      return made;
    }

    const writes = (operation: string) =>
      sandbox.calls
        .calls()
        .filter(call => call.write && call.operation === operation).length;

    it(
      'that start in the same second on a new database make its tables once',
      inWorld(async () => {
        const lock = await knex('knex_migrations_lock').withSchema(SCHEMA);
        expect(lock).toMatchObject([{ is_locked: 0 }]);
        const names = await knex('knex_migrations')
          .withSchema(SCHEMA)
          .pluck('name');
        expect(names.length).toBeGreaterThan(1);
        expect(new Set(names).size).toBe(names.length);
        for (const one of [victim, heir]) {
          const [start] = one.output().split('initialization complete');
          expect(start).not.toMatch(/migrat.*(fail|lock)|error/i);
        }
      }),
    );

    it(
      'make one pod of two clicks at the same time, and tell both the same',
      inWorld(async () => {
        const made = await survivor.client.startOperation(
          body('associate', 'clicked'),
        );
        await follow(survivor.client, made.id);
        sandbox.calls.reset();
        // The second one comes while the first one runs, however busy the machine is
        sandbox.latency.set('kubernetes:*', 2_000);
        const clients = [survivor.client, victim.client];
        const operations = await Promise.all(
          clients.map(client =>
            client.startOperation(body('verify', 'clicked')),
          ),
        );
        sandbox.latency.clear();
        expect(new Set(operations.map(({ id }) => id)).size).toBe(2);
        const streams = await Promise.all(
          operations.map(({ id }, index) => follow(clients[index], id)),
        );
        expect(writes('create pods')).toBe(1);
        const [one, other] = streams.map(events =>
          events.find(event => event.type === 'result'),
        );
        expect(one).toMatchObject({ data: { status: 'no-workload' } });
        expect(other?.data).toEqual(one?.data);
      }),
    );

    /** Each story once: which writes it makes, and what it comes to. */
    const inPeace = () =>
      Promise.all(
        STORIES.map(async (story, index): Promise<Peaceful> => {
          const subject = world.subject(story);
          const replica = index % 2 ? victim : survivor;
          await world.prepare(story, subject, replica);
          await world.succeed(replica, story.order(subject));
          return {
            story,
            writes: [...world.writesOf(subject)],
            belongings: world.belongings(subject),
          };
        }),
      );

    function prepare(rows: Row[]) {
      const replicas = [victim, survivor];
      return Promise.all(
        rows.map(({ peaceful, subject }, index) =>
          world.prepare(peaceful.story, subject, replicas[index % 2]),
        ),
      );
    }

    /** Orders each row's story from the victim; resolves when each stands at its write. */
    async function stand(rows: Row[]) {
      const reached = rows.map(({ subject, point }) =>
        world.holdAt(subject, point),
      );
      const operations = await Promise.all(
        rows.map(async ({ peaceful, subject }) => {
          const order = peaceful.story.order(subject);
          const { id } = await victim.client.startOperation(order);
          return { id, end: world.ended(survivor, id) };
        }),
      );
      const tooEarly = operations.map(async ({ end }, index) => {
        await end;
        const { peaceful, point } = rows[index];
        throw new Error(`${peaceful.story.name} ended without ${point.write}`);
      });
      await Promise.race([Promise.all(reached), ...tooEarly]);
      return operations;
    }

    /** The same for the template runs. */
    async function standInRuns() {
      const reached = runs.map(({ subject, point }) =>
        world.holdAt(subject, point),
      );
      for (const run of runs) run.taskId = await startTask(victim, run.subject);
      const tooEarly = runs.map(async ({ taskId, point }) => {
        const end = await endOfTask(survivor, taskId);
        throw new Error(
          `The template run ended without ${point.write}: ${JSON.stringify(
            end,
          )}`,
        );
      });
      await Promise.race([Promise.all(reached), ...tooEarly]);
    }

    /** Kills the victim with everything standing at its write; answers how each operation ended all the same. */
    async function killAtTheirWrites(rows: Row[]): Promise<string[]> {
      // Those that stand at AWS come last, and take no more sockets than there are
      const firstOnAws = rows.findIndex(isOnAws);
      expect(rows.slice(firstOnAws).every(isOnAws)).toBe(true);
      expect(rows.length - firstOnAws).toBeLessThanOrEqual(SOCKETS_TO_AWS);
      await standInRuns();
      const operations = [
        ...(await stand(rows.slice(0, firstOnAws))),
        ...(await stand(rows.slice(firstOnAws))),
      ];
      const [instance, ...others] = await time.holders();
      expect(others).toEqual([]);
      await victim.kill();
      world.drop();
      const ends = Promise.allSettled(operations.map(({ end }) => end));
      const settled = await during(ends, () =>
        // Again, because the last words of the dead may reach the database after its death
        time.afterDeathOf(instance),
      );
      const carriedOn = ({ id }: { id: string }) =>
        `${survivor.output()}${heir.output()}`.includes(
          `(operation ${id}), which another process left`,
        );
      expect(rows.filter((_, index) => !carriedOn(operations[index]))).toEqual(
        [],
      );
      return settled.map(end =>
        end.status === 'fulfilled' ? 'succeeded' : String(end.reason),
      );
    }

    /** What the same order would still change. */
    async function planAgain({ kind, input }: StartOperation) {
      if (kind === 'verify') return [];
      const { steps } = await survivor.client.plan({
        kind,
        input,
        fresh: true,
      } as PlanRequest);
      return steps
        .filter(({ change }) => change !== 'keep')
        .map(({ id, change }) => `${change} ${id}`);
    }

    /** That the template runs of the dead went on in the step where each stood. */
    async function expectRunsCarriedOn() {
      for (const { subject, taskId } of runs) {
        expect(await endOfTask(survivor, taskId)).toMatchObject({
          status: 'completed',
          output: {
            text: [
              { title: 'status', content: 'no-workload' },
              { title: 'roleName', content: subject.name },
            ],
          },
        });
        const kinds = await knex('operations')
          .withSchema(SCHEMA)
          .where({ task_id: taskId })
          .orderBy('created_at')
          .pluck('kind');
        // A verification that had ended when the step began again stands for nothing: it is made again
        expect([kinds[0], ...new Set(kinds.slice(1))]).toEqual([
          'associate',
          'verify',
        ]);
        const made = world.writesOf(subject);
        for (const write of [
          'iam:CreateRole',
          'eks:CreatePodIdentityAssociation',
          RUN_POINTS[0].write,
        ]) {
          expect(made.filter(one => one === write)).toEqual([write]);
        }
      }
    }

    it(
      'leave nothing, wherever one dies, that another one does not finish',
      inWorld(async () => {
        const stories = await inPeace();
        const rows = rowsOf(stories, world).sort(
          (one, other) => Number(isOnAws(one)) - Number(isOnAws(other)),
        );
        await prepare(rows);
        const beside = rows.map(({ subject }) => neighbourOf(subject, sandbox));
        const foreign = world.foreign();
        world.strays.length = 0;
        const ends = await killAtTheirWrites(rows);
        for (const { peaceful, subject } of rows) {
          if (!peaceful.story.onlyAt) continue;
          const { items } = await survivor.client.listReports({
            cluster: subject.cluster,
            namespace: subject.name,
            serviceAccount: subject.name,
          });
          expect(items).toMatchObject([{ status: 'no-workload' }]);
        }
        // A pod that its verification lost is deleted once its deadline is over
        await time.overtakeProbes(sandbox);
        await survivor.trigger('probe-leftovers');
        await until(() => probePods(sandbox).length === 0);
        const outcomes = await Promise.all(
          rows.map(async ({ peaceful, subject }, index): Promise<Outcome> => {
            const belongings = world.belongings(subject);
            return {
              ended: ends[index],
              missing: minus(peaceful.belongings, belongings),
              orphans: minus(belongings, peaceful.belongings),
              repeated: minus(world.writesOf(subject), peaceful.writes),
              foreignTouched: neighbourOf(subject, sandbox) !== beside[index],
              againChanges: await planAgain(peaceful.story.order(subject)),
            };
          }),
        );
        printTable(rows, outcomes);
        expect(
          outcomes.filter((outcome, i) => !isClean(rows[i], outcome)),
        ).toEqual([]);
        expect(world.foreign()).toEqual(foreign);
        expect(world.strays).toEqual([]);
        // A write that no story makes has no row
        expect(
          [...new Set(stories.flatMap(story => story.writes))].sort(),
        ).toEqual(documentedWrites());
        await expectRunsCarriedOn();
      }),
    );

    it(
      'hand over at SIGTERM and end at once',
      inWorld(async () => {
        sandbox.calls.reset();
        sandbox.latency.set('iam:CreateRole', 1_000);
        const { id } = await survivor.client.startOperation(
          body('associate', 'handed'),
        );
        await until(() => writes('CreateRole') > 0);
        await survivor.terminate();
        expect(survivor.output()).toContain(
          `Left associate of ${CLUSTER}/payments/handed (operation ${id}) to another process`,
        );
        sandbox.latency.clear();
        await follow(heir.client, id);
        expect((await heir.client.getOperation(id)).state).toBe('succeeded');
        expect(writes('CreateRole')).toBe(1);
      }),
    );
  });
}
