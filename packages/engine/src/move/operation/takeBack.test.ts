import type { NewOperationEvent } from 'backstage-plugin-eks-pod-identity-common';
import { askedBy } from '../../lifecycle/__testUtils__/asking';
import type { VerifyContext } from '../../verification/run/verification';
import { MoveWorld, NAMESPACE, REF } from '../__testUtils__/MoveWorld';

const HOUR = 3_600_000;
const FULL = [{ key: 'full', effect: 'NoSchedule' }];
let world: MoveWorld;
afterEach(() => world.stop());

const kube = () => world.world.kube();
/** Once a step has ended well. */
const onDone = (id: string, then: () => unknown) => ({
  emit: async (event: NewOperationEvent) => {
    if (event.type !== 'step' || event.data.id !== id) return;
    if (event.data.status === 'done') await then();
  },
});
/** Right before a write, by its words. */
const onWrite = (words: RegExp, then: () => unknown) => ({
  guard: {
    beforeWrite: async (what: string) => {
      if (words.test(what)) await then();
    },
    withLease: async <T>(_key: unknown, work: () => Promise<T>) => work(),
    untilItsEnd: async <T>(work: (signal: AbortSignal) => Promise<T>) =>
      work(new AbortController().signal),
  },
});
/** How it ended, in words. */
const said = (ended: Promise<{ state?: string; kind: string }>) =>
  ended.then(
    ({ kind, state }) => state ?? kind,
    (error: Error) => error.message,
  );
/** What programs print who ask on for seven hours. */
const refusals = async () => {
  await world.world.sandbox.clock.advance(7 * HOUR);
  return world.asking.refusals();
};
const moved = async (options = {}) => {
  world = await MoveWorld.start(options);
  await world.migrate({ until: 'moved' });
};
const pause = (name: string, paused = true) =>
  kube().change('deployments', NAMESPACE, name, ({ spec }) => {
    spec.paused = paused;
  });

const AGAIN = /The association was made again/;
type Trouble = [
  what: string,
  more: () => Partial<VerifyContext>,
  says: RegExp,
  association: boolean,
];

/** Each of them took away access for good before it was tried here. */
it.each<Trouble>([
  [
    'a workload that was paused since the plan',
    () => onDone('old-road', () => pause('held')),
    /Deployment shop\/held cannot be restarted: its roll-outs are paused/,
    true,
  ],
  [
    'a workload that was paused after the deletion',
    () => onWrite(/^delete the association/, () => pause('held')),
    AGAIN,
    true,
  ],
  [
    'nodes that are full from the deletion on',
    () => onWrite(/^delete the association/, () => kube().taint(FULL)),
    AGAIN,
    true,
  ],
  [
    'a role that lost the statement of IRSA since it was tried',
    () =>
      onWrite(/^delete the association/, () => {
        const { iam } = world.world.sandbox.aws;
        const { Statement } = JSON.parse(iam.role(world.roleArn).trust);
        iam.updateRole(world.roleArn, {
          trust: {
            Version: '2012-10-17',
            Statement: Statement.filter((one: any) => !one.Principal.Federated),
          },
        });
      }),
    AGAIN,
    true,
  ],
  [
    'a workload that an autoscaler made larger meanwhile',
    () =>
      onDone('refresh.deployment.fresh', async () => {
        await kube().change('deployments', NAMESPACE, 'held', ({ spec }) => {
          spec.replicas = 2;
        });
        await world.world.sandbox.clock.advance(5_000);
      }),
    /^rollback$/,
    false,
  ],
])('a way back keeps a road for each pod: %s', async (_, more, says, stays) => {
  await moved();
  expect(await said(world.rollback({ timeoutSeconds: 60 }, more()))).toMatch(
    says,
  );
  expect(world.association() !== undefined).toBe(stays);
  expect(await refusals()).toEqual([]);
});

it('leaves an association of another maker, and does not call it made again', async () => {
  await moved();
  const other = world.access.role('r-other', [world.access.oidc('api')]);
  const { eks } = world.world.sandbox.aws;
  const change = () =>
    eks.putAssociation(REF.cluster, {
      namespace: NAMESPACE,
      serviceAccount: REF.serviceAccount,
      roleArn: other,
      tags: world.association()!.tags,
    });
  const words = await said(
    world.rollback({}, onDone('refresh.deployment.held', change)),
  );
  expect(words).toMatch(
    /Meanwhile the association .* was made for this service account/,
  );
  expect(words).not.toMatch(AGAIN);
  expect(world.association()).toMatchObject({ roleArn: other });
});

it('a cancel after the deletion waits until each pod has a road', async () => {
  await moved();
  const cancelled = new AbortController();
  const { guard } = onWrite(/^delete the association/, () =>
    cancelled.abort(new Error('cancelled')),
  );
  await world.rollback({}, { guard, signal: cancelled.signal });
  expect(world.association()).toBeUndefined();
  expect(await refusals()).toEqual([]);
});

it('@night restarts pods on IRSA that wait for a node by Pod Identity', async () => {
  world = await MoveWorld.start();
  const full = onDone('probe', () => kube().taint(FULL));
  const free = async (event: NewOperationEvent) => {
    await full.emit(event);
    // Once its template is that of IRSA again, as in a cluster that grows
    if (event.type !== 'step' || event.data.id !== 'association') return;
    if (/ new pods are available/.test(event.data.message)) {
      await kube().taint([]);
    }
  };
  expect(
    await said(
      world.migrate({ until: 'moved', timeoutSeconds: 30 }, { emit: free }),
    ),
  ).toMatch(/The move was taken back/);
  expect(await refusals()).toEqual([]);
  expect(await world.asking.roads()).toEqual(['irsa', 'irsa']);
});

it('@night waits for each roll-out on its own, however late CloudTrail is', async () => {
  world = await MoveWorld.start();
  world.world.sandbox.delays.cloudTrail = 180_000;
  world.world.sandbox.clock.setRate(100);
  expect(
    await said(world.migrate({ until: 'moved', timeoutSeconds: 60 })),
  ).toBe('moved');
});

it('@night stops where CloudTrail shows nothing, and goes back past what has not moved', async () => {
  world = await MoveWorld.start();
  world.world.sandbox.delays.cloudTrail = HOUR;
  world.world.sandbox.clock.setRate(300);
  const stopped = await world.migrate({ until: 'moved' });
  expect(stopped).toMatchObject({
    state: 'moving',
    toConfirm: ['Deployment fresh'],
  });
  expect(stopped.warnings.join()).toMatch(/within 20 minutes/);
  expect(world.association()).toBeDefined();
  // Paused before the plan: first the one that has moved, then the one that has not
  await pause('fresh');
  expect(await said(world.rollback())).toMatch(
    /There is no way back.*The roll-outs of Deployment fresh are paused/,
  );
  expect(world.association()).toBeDefined();
  await pause('fresh', false);
  await pause('held');
  expect(await said(world.rollback())).toBe('rollback');
  expect(world.association()).toBeUndefined();
  expect(await refusals()).toEqual([]);
});

it('@night takes nothing back that a run before has moved', async () => {
  await moved();
  await kube().taint(FULL);
  world.world.sandbox.clock.setRate(100);
  expect(await said(world.migrate({ until: 'moved' }))).toMatch(/No node|0\/3/);
  expect(world.association()).toBeDefined();
});

it('a pattern of the guardrails gives nobody the service account of others', async () => {
  world = await MoveWorld.start();
  const MINE = 'component:default/mine';
  const owner = askedBy({ owns: [MINE] }, new Map(), MINE);
  expect(
    await said(world.migrate({ until: 'moved', entityRef: MINE }, owner)),
  ).toMatch(/only a pattern of guardrails.roles.adopt lets you use the role/);
  expect(world.association()).toBeUndefined();
});
