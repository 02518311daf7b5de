/** @needs aws kubectl */
import type { MoveStageId } from 'backstage-plugin-eks-pod-identity-common';
import { DEMO_DELAYS } from 'eks-sandbox';
import { printTable } from 'eks-sandbox/verdicts';
import { POD_IDENTITY } from '../inventory/__testUtils__/accessCase';
import { AccessWorld } from '../inventory/__testUtils__/AccessWorld';
import { VerifyWorld } from '../verification/__testUtils__/VerifyWorld';
import { Asking } from './__testUtils__/Asking';
import { NAME, NAMESPACE, programs, workload } from './__testUtils__/MoveWorld';
import { printedPlan } from './__testUtils__/printedPlan';

const HOUR = 3_600_000;

const HOURS = [
  'at each renewal, for seven hours after each write',
  '5m',
  7 * HOUR,
];
const SECONDS = [
  'each second, for two minutes after each write',
  '1s',
  120_000,
];
/** How programs ask; `npm run trials` has both. */
const PACES = (process.env.EKS_TEST_MOVES ? [HOURS, SECONDS] : [HOURS]) as [
  string,
  string,
  number,
][];

describe('a move as it is printed, by aws, kubectl and the program', () => {
  let world: VerifyWorld;
  let access: AccessWorld;
  let asking: Asking;
  const counted: string[][] = [];
  const count = (order: string) =>
    counted.push([order, ...asking.counts(access.arn('r-api')).map(String)]);
  afterAll(() => {
    printTable(
      ['order', 'calls with keys of the role', 'refused requests for keys'],
      counted,
    );
  });

  afterEach(async () => {
    asking.stop();
    await world.sandbox.stop();
  });

  const { byHand, plan, run, stage } = printedPlan(() => access);
  const states = async () =>
    Object.fromEntries(
      (await plan()).stages.map(({ id, state }) => [id, state]),
    );

  /** A service account on IRSA whose two programs ask so often. */
  async function start(every: string): Promise<void> {
    world = await VerifyWorld.start({ delays: DEMO_DELAYS });
    world.sandbox.clock.setRate(10);
    access = new AccessWorld(world);
    await byHand.start(access);
    asking = new Asking(world, NAMESPACE);
    const role = access.role('r-api', [access.oidc(NAME)]);
    await access.runs(NAME, { role, kind: 'none' });
    await world.sandbox.clock.advance(60_000);
    await world.kube().apply(programs(every).map(workload) as any);
    asking.start();
    let found = (await plan()).verdict;
    while (found !== 'needs-owner') {
      await world.sandbox.clock.sleep(10_000);
      found = (await plan()).verdict;
    }
  }

  /** Runs what is printed for a stage, and has the programs ask on for some time. */
  async function pass(id: MoveStageId, afterMs: number): Promise<void> {
    await run((await stage(id)).commands!);
    await world.sandbox.clock.advance(afterMs);
  }

  it.each(PACES)(
    '@night asks %s, there and back: none is refused',
    async (pace, every, afterMs) => {
      await start(every);
      expect(await states()).toEqual({
        trust: 'to-do',
        rehearsal: 'to-do',
        association: 'to-do',
        gate: 'to-do',
        restart: 'to-do',
        'old-trust': 'to-do',
        annotation: 'to-do',
      });
      await run((await plan()).before!.commands!);
      // EKS refuses the role as it is, and nothing is left of the rehearsal
      const rehearsal = (await stage('rehearsal')).commands!;
      await expect(run(rehearsal)).rejects.toThrow(/InvalidParameter/);
      expect(
        world
          .kube()
          .get('serviceaccounts', NAMESPACE, `${NAME}-move-rehearsal`),
      ).toBeUndefined();
      await pass('trust', afterMs);
      await pass('rehearsal', afterMs);
      await pass('association', afterMs);
      await pass('gate', afterMs);
      expect(await asking.roads()).toEqual(['irsa', 'irsa']);
      // Before anything is restarted nothing has to be restarted on the way back
      await run((await plan()).back!.commands!);
      await pass('association', afterMs);
      await pass('gate', 0);
      await pass('restart', afterMs);
      expect((await asking.roads()).sort()).toEqual(['container', 'irsa']);
      await pass('restart', afterMs);
      expect(await asking.roads()).toEqual(['container', 'container']);
      expect(await states()).toMatchObject({ restart: 'done', gate: 'done' });

      // Cut off after the deletion: made again, and another time taken to its end
      const { before, commands, again } = (await plan()).back!;
      const [deletion] = commands!.split(' &&\n');
      await run(deletion);
      // EKS knows it for some seconds more
      await world.sandbox.clock.advance(20_000);
      await run(again!);
      await world.sandbox.clock.advance(afterMs);
      expect(await asking.roads()).toEqual(['container', 'container']);
      await run(
        `${before} &&\n${(await plan()).back!.commands!.split(' &&\n')[0]}`,
      );
      const rest = await plan();
      expect(rest.sentence).toMatch(/^Its association is gone/);
      await run(rest.back!.commands!);
      await world.sandbox.clock.advance(afterMs);
      expect(await asking.roads()).toEqual(['irsa', 'irsa']);
      count(`as printed, there and back, ${pace}`);
      expect(asking.refusals()).toEqual([]);
    },
  );

  it.each(PACES)(
    'asks %s, there to the end: none is refused',
    async (pace, every, afterMs) => {
      await start(every);
      await pass('trust', afterMs);
      await pass('association', afterMs);
      await pass('gate', 0);
      await pass('restart', 0);
      await pass('restart', afterMs);
      // By then no call by IRSA is among those that are searched
      await world.sandbox.clock.advance(4 * HOUR);
      await pass('old-trust', afterMs);
      await pass('annotation', afterMs);
      expect(await plan()).toMatchObject({ verdict: 'no-move', stages: [] });
      count(`as printed, there to the end, ${pace}`);
      expect(asking.refusals()).toEqual([]);
    },
  );

  const WRONG: [string, string, () => Promise<unknown>][] = [
    [
      'the old statement first, as eksctl does it',
      '1s',
      async () => {
        const roleArn = access.arn('r-api');
        await world.sandbox.aws.iam.updateRole(roleArn, {
          trust: {
            Version: '2012-10-17',
            Statement: [POD_IDENTITY],
          } as any,
        });
        await world.sandbox.clock.advance(60_000);
        await byHand.associate(NAME, roleArn);
        await world.sandbox.clock.advance(120_000);
      },
    ],
    [
      'a restart before the gate of the way back',
      '5m',
      async () => {
        await pass('trust', 60_000);
        await pass('association', 60_000);
        await pass('restart', 60_000);
        await pass('restart', 60_000);
        const commands = (await plan()).back!.commands!;
        world.sandbox.delays.associationDelete = HOUR;
        await run(commands.replace(/^eks-pod-identity gate .*$/m, 'true &&'));
        await world.sandbox.clock.advance(7 * HOUR);
      },
    ],
  ];
  it.each(WRONG.slice(0, process.env.EKS_TEST_MOVES ? undefined : 1))(
    '%s is refused, so that the count can fail',
    async (order, every, move) => {
      await start(every);
      await move();
      await asking.look();
      count(order);
      expect(asking.refusals()).not.toEqual([]);
    },
  );
});
