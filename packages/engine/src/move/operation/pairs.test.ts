import type { AccessRow } from 'backstage-plugin-eks-pod-identity-common';
import { printTable } from 'eks-sandbox/verdicts';
import {
  MAKERS,
  roleOfShape,
  SHAPES,
} from '../../inventory/__testUtils__/trustShapes';
import { Asking } from '../__testUtils__/Asking';
import {
  MoveWorld,
  NAMESPACE,
  programs,
  workload,
} from '../__testUtils__/MoveWorld';
import { REFUSED_AS } from '../__testUtils__/refusedAs';

const HOUR = 3_600_000;
const KINDS = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'] as const;

interface Pair {
  /** Of the service account. */
  name: string;
  shape: string;
  maker: string;
  kind: (typeof KINDS)[number];
}

const all = Object.keys(SHAPES).map((shape, index) =>
  Object.keys(MAKERS).flatMap((maker, of) =>
    KINDS.map(
      (kind, at): Pair => ({
        name: `m${index}${of}-${at}`,
        shape,
        maker,
        kind,
      }),
    ),
  ),
);
/** `npm test` has each kind of workload. */
const worlds = process.env.EKS_TEST_MOVE_PAIRS
  ? all
  : [[all[0][0], all[4][9], all[6][18], all[1][23], all[9][12]]];

const isOpen = ({ shape }: Pair) => {
  const { needsStatement, verdict } = SHAPES[shape];
  return needsStatement || ['ready', 'by-rule'].includes(verdict);
};

const printed: string[][] = [];
afterAll(() =>
  printTable(['trust policy', 'maker', 'kind', 'portal', 'calls'], printed),
);

describe.each(worlds.map(rows => ({ rows, shape: rows[0].shape })))(
  'pairs, the first of shape $shape',
  ({ rows }) => {
    let world: MoveWorld;
    let running: Running | undefined;
    beforeAll(async () => {
      world = await MoveWorld.start();
    });
    afterAll(() => world.stop());

    const kube = () => world.world.kube();
    const advance = (ms: number) => world.world.sandbox.clock.advance(ms);

    const jobOf = (template: any) => ({
      template: {
        ...template,
        spec: { ...template.spec, restartPolicy: 'Never' },
      },
    });

    /** Workloads of a pair, whose programs ask; of a CronJob one run, which ends when it is removed. */
    class Running {
      readonly asking: Asking;
      #runs = 0;

      constructor(readonly pair: Pair) {
        this.asking = new Asking(world.world, NAMESPACE, [pair.name]);
      }

      #manifests() {
        const { kind, name } = this.pair;
        return programs().map(program =>
          workload({
            ...program,
            name: `${name}-${program.name}`,
            account: name,
            ...(kind === 'CronJob' ? {} : { kind }),
          }),
        );
      }

      async start(): Promise<void> {
        this.asking.start();
        if (this.pair.kind !== 'CronJob') {
          await kube().apply(this.#manifests() as any);
          return;
        }
        await kube().apply(
          this.#manifests().map(({ metadata, spec }) => ({
            apiVersion: 'batch/v1',
            kind: 'CronJob',
            metadata,
            spec: {
              schedule: '0 3 * * *',
              jobTemplate: { spec: jobOf(spec.template) },
            },
          })) as any,
        );
        await this.nextRun();
      }

      /** The CronJob controller of the sandbox starts no Job. */
      async nextRun(): Promise<void> {
        if (this.pair.kind !== 'CronJob') return;
        await this.end();
        this.#runs += 1;
        for (const { metadata, spec } of this.#manifests()) {
          const name = this.#runOf(metadata.name);
          const { uid } = kube().get(
            'cronjobs',
            NAMESPACE,
            metadata.name,
          )!.metadata;
          const owner = {
            apiVersion: 'batch/v1',
            kind: 'CronJob',
            name: metadata.name,
            uid,
            controller: true,
          };
          await kube().apply({
            apiVersion: 'batch/v1',
            kind: 'Job',
            metadata: { name, namespace: NAMESPACE, ownerReferences: [owner] },
            spec: jobOf(spec.template),
          } as any);
          const runs = (job: any) => job?.status?.active === 1;
          await kube().waitFor('jobs', NAMESPACE, name, runs);
        }
      }

      #runOf = (name: string) => `${name}-${this.#runs}`;

      /** Ends the run of a CronJob. */
      async end(): Promise<void> {
        if (this.pair.kind !== 'CronJob' || this.#runs === 0) return;
        await this.asking.look();
        for (const { metadata } of this.#manifests()) {
          const run = this.#runOf(metadata.name);
          await kube().delete('jobs', NAMESPACE, run);
        }
        for (const { metadata, spec } of kube().list('pods', NAMESPACE)) {
          if (spec.serviceAccountName !== this.pair.name) continue;
          const isGone = (pod: any) => pod === undefined;
          await kube().waitFor('pods', NAMESPACE, metadata.name, isGone);
        }
      }

      /** By which roads its programs ask after seven hours, in which they have asked and renewed what they hold. */
      async askOn(role: string): Promise<string[]> {
        await this.nextRun();
        await this.asking.roads();
        const [before] = this.asking.counts(role);
        await advance(7 * HOUR);
        const roads = new Set(await this.asking.roads());
        const [after] = this.asking.counts(role);
        return [...roads, after - before > 40 ? 'asks on' : `${after}`];
      }

      async stop(): Promise<void> {
        await this.asking.look();
        this.asking.stop();
        await this.end();
        const { kind } = this.pair;
        for (const { metadata } of this.#manifests()) {
          const resource = `${kind.toLowerCase()}s`;
          await kube().delete(resource, NAMESPACE, metadata.name);
        }
      }
    }

    /** The owner of the role adds what the row prints. */
    function addStatement(role: string, { statement }: AccessRow): void {
      const { iam } = world.world.sandbox.aws;
      const { Statement, ...policy } = JSON.parse(iam.role(role).trust);
      iam.updateRole(role, {
        trust: { ...policy, Statement: [...Statement, statement] },
      });
    }

    afterEach(() => running?.stop());

    /** Has the portal move a pair there and back, as far as it does. */
    async function becomes(pair: Pair, role: string, programsOfIt: Running) {
      const { name: serviceAccount, shape, kind } = pair;
      const { ends, needsStatement } = SHAPES[shape];
      const found = await world.look(...(ends ? [] : [serviceAccount]));
      const row = found.get(serviceAccount)!;
      const migrate = (acceptNoWayBack = false) =>
        world.migrate({ serviceAccount, until: 'moved', acceptNoWayBack });
      world.world.sandbox.calls.reset();
      const refusal = async () => {
        const said = await migrate().then(
          () => 'moves',
          error => error.message,
        );
        return [said, ...world.writes()];
      };
      const { verdict } = row;
      if (!isOpen(pair)) return { verdict, refused: await refusal() };
      const refused = needsStatement ? await refusal() : [];
      if (needsStatement) addStatement(role, row);
      const isCronJob = kind === 'CronJob';
      const withoutWayBack = isCronJob ? await refusal() : [];
      const { state } = await migrate(isCronJob);
      const there = await programsOfIt.askOn(role);
      await programsOfIt.end();
      await world.rollback({ serviceAccount });
      const back = await programsOfIt.askOn(role);
      const refusals = programsOfIt.asking.refusals();
      const onTheWay = { there, back, refusals };
      return { verdict, refused, withoutWayBack, state, ...onTheWay };
    }

    it.each(rows)('$shape of $maker, $kind', async pair => {
      const { name: serviceAccount, shape, maker, kind } = pair;
      const role = roleOfShape(world.access, serviceAccount, pair);
      await world.access.runs(serviceAccount, { role, kind: 'none' });
      running = new Running(pair);
      await running.start();
      const { needsStatement, verdict } = SHAPES[shape];
      const did = await becomes(pair, role, running);
      const noWayBack =
        /there is no way back without refused requests: No restart reaches CronJob/;
      const saying = (what: RegExp) => [expect.stringMatching(what)];
      expect(did).toEqual(
        isOpen(pair)
          ? {
              verdict,
              refused: needsStatement ? saying(REFUSED_AS[verdict]!) : [],
              // No restart reaches a run: a person accepts that
              withoutWayBack: kind === 'CronJob' ? saying(noWayBack) : [],
              state: 'moved',
              there: ['container', 'asks on'],
              back: ['irsa', 'asks on'],
              refusals: [],
            }
          : { verdict, refused: saying(REFUSED_AS[verdict]!) },
      );
      const more = needsStatement ? ', with the statement' : '';
      const said = isOpen(pair) ? `moved, and back${more}` : did.refused[0];
      const [asked] = running.asking.counts(role);
      const calls = isOpen(pair) ? `${asked}` : '-';
      printed.push([shape, maker, kind, said.slice(0, 120), calls]);
    });
  },
);
