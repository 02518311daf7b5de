import { printTable } from 'eks-sandbox/verdicts';
import { sample } from 'eks-sandbox/patience/sample';
import {
  MoveWorld,
  NAMESPACE,
  type Program,
  programs,
  REF,
} from '../__testUtils__/MoveWorld';
import { planMove } from '../planMove';
import { FIRST_ASK_MS } from './refresh';

const HOUR = 3_600_000;

describe('a move from IRSA to Pod Identity', () => {
  let world: MoveWorld;
  afterEach(() => world.stop());

  it('is rehearsed, made, proven by CloudTrail, and taken back: none is refused', async () => {
    world = await MoveWorld.start();
    const { asking } = world;
    const { clock } = world.world.sandbox;
    const rehearsed = await world.migrate();
    expect(rehearsed).toMatchObject({ state: 'rehearsed', applied: true });
    expect(world.association()).toBeUndefined();
    expect(world.rehearsals()).toEqual([]);
    expect(await asking.roads()).toEqual(['irsa', 'irsa']);

    const moved = await world.migrate({ until: 'moved' });
    expect(moved).toMatchObject({ state: 'moved', toConfirm: [] });
    expect(world.ends()).toEqual([
      'rehearsal done',
      'rehearsal done',
      'association done',
      'gate done',
      'probe done',
      'restart.deployment.fresh done',
      'proof.deployment.fresh done',
      'restart.deployment.held done',
      'proof.deployment.held done',
    ]);
    expect(await asking.roads()).toEqual(['container', 'container']);
    await clock.advance(7 * HOUR);

    world.events.length = 0;
    const waits: string[][] = [];
    const { clock: own } = world.context();
    const sleep: typeof own.sleep = async (ms, signal) => {
      await own.sleep(ms, signal);
      if (ms !== FIRST_ASK_MS) return;
      const last = world.ends().at(-1)!;
      waits.push([last, ...(await asking.roads())]);
    };
    const back = await world.rollback({}, { clock: { now: own.now, sleep } });
    // With both restarted, all pods new, and the association still there
    expect(waits).toEqual([
      ['refresh.deployment.fresh done', 'container', 'container'],
    ]);
    // The first two go side by side
    const [first, second, ...later] = world.ends();
    expect([first, second].sort()).toEqual(['old-road done', 'trial done']);
    expect(later).toEqual([
      'refresh.deployment.fresh done',
      'refresh.deployment.held done',
      'association done',
    ]);
    expect(back).toMatchObject({ applied: true, changed: true });
    expect(world.association()).toBeUndefined();
    await clock.advance(7 * HOUR);
    expect(await asking.roads()).toEqual(['irsa', 'irsa']);
    expect(asking.refusals()).toEqual([]);
    const [asks] = asking.counts(world.roleArn);
    expect(asks).toBeGreaterThan(50);
  });

  it('describes no association of others, which would take a call for each', async () => {
    world = await MoveWorld.start();
    const { aws, calls } = world.world.sandbox;
    const others = Array.from({ length: 50 }, (_, at) => `other-${at}`);
    for (const serviceAccount of others) {
      const association = { namespace: NAMESPACE, serviceAccount };
      aws.eks.putAssociation(REF.cluster, {
        ...association,
        roleArn: world.roleArn,
      });
    }
    const described = () =>
      calls
        .calls()
        .filter(
          ({ operation }) => operation === 'DescribePodIdentityAssociation',
        ).length;
    calls.reset();
    expect((await world.migrate()).state).toBe('rehearsed');
    expect(described()).toBeLessThan(others.length);
    calls.reset();
    const { clock, clusters, controller } = world.world;
    await planMove(REF, {
      session: clusters.session(REF.cluster, 'read'),
      clock,
      signal: controller.signal,
    });
    expect(described()).toBeLessThan(others.length);
    await world.access.look();
    expect(described()).toBeGreaterThanOrEqual(others.length);
  });

  const counted: string[][] = [];
  afterAll(() =>
    printTable(
      ['workloads', 'calls with keys of the role', 'refused'],
      counted,
    ),
  );

  const [held, fresh] = programs();
  it.each<[string, Program[], { pattern?: boolean }]>(
    sample(
      [
        ['Deployment with 3 pods', [{ ...held, spec: { replicas: 3 } }], {}],
        ['StatefulSet', [{ ...fresh, kind: 'StatefulSet' }], {}],
        ['DaemonSet', [{ ...held, kind: 'DaemonSet' }], {}],
        [
          'one of each',
          [
            held,
            { ...fresh, kind: 'StatefulSet' },
            {
              ...held,
              name: 'agent',
              sdk: 'js-v3/3.1173.0',
              kind: 'DaemonSet',
            },
          ],
          {},
        ],
        ['one whose role lets in a pattern', [held, fresh], { pattern: true }],
      ],
      2,
    ),
  )('moves and takes back: %s', async (name, running, options) => {
    world = await MoveWorld.start({ running, ...options });
    const { asking } = world;
    const { clock } = world.world.sandbox;
    const before = await asking.roads();
    expect(new Set(before)).toEqual(new Set(['irsa']));
    expect((await world.migrate({ until: 'moved' })).state).toBe('moved');
    expect(new Set(await asking.roads())).toEqual(new Set(['container']));
    await clock.advance(7 * HOUR);
    await world.rollback();
    await clock.advance(7 * HOUR);
    expect(await asking.roads()).toEqual(before);
    counted.push([name, ...asking.counts(world.roleArn).map(String)]);
    expect(asking.refusals()).toEqual([]);
  });
});
