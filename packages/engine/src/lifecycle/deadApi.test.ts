import { PATIENCE_MS } from 'eks-sandbox/patience';
import { HurriedClock } from '../async/__testUtils__/HurriedClock';
import { ApiSwitch } from '../clusters/__testUtils__/ApiSwitch';
import { LifecycleWorld } from './__testUtils__/LifecycleWorld';

const REF = 'payments-prod/shop/api';
const LATE = `did not answer within ${PATIENCE_MS} ms`;

describe('A Kubernetes API that does not answer', () => {
  let world: LifecycleWorld;
  let api: ApiSwitch;
  let clock: HurriedClock;

  beforeEach(async () => {
    clock = new HurriedClock();
    world = await LifecycleWorld.start({
      clockRate: 1,
      portals: { main: { clock } },
    });
    Object.assign(world.sandbox.delays, { association: 0 });
    await world.kube().namespace('shop');
    api = await ApiSwitch.start(world.sandbox, 'payments-prod');
  });
  afterEach(async () => {
    await api.stop();
    await world.stop();
  });

  describe.each(['dead', 'silent'] as const)('%s', state => {
    beforeEach(() => api.set(state));

    it('keeps an associate that needs it from starting', async () => {
      const answer = await world.associate(REF).catch((error: Error) => error);
      expect(clock.ranOut).toBeLessThanOrEqual(1);
      expect((answer as Error).message).toMatch(
        /^Could not look at namespace shop and service account api \(cluster payments-prod\)\. /,
      );
      expect(world.writes()).toEqual([]);
    });

    it('leaves an associate that does not the AWS side, and the rest is said', async () => {
      const answer = await world.associate(REF, {
        createServiceAccount: 'never',
      });
      expect(clock.ranOut).toBeLessThanOrEqual(1);
      expect(answer.effective).toBe('unknown');
      expect(answer.warnings.join()).toMatch(
        /Not known to be effective: .*(ECONNREFUSED|did not answer)/,
      );
      expect(world.association(REF)).toBeDefined();
    });
  });

  it('stops a teardown that cannot tell which workloads lose access, unless it is forced', async () => {
    await world.associate(REF);
    await api.set('silent');
    world.forget();
    const answer = await world.teardown(REF).catch((error: Error) => error);
    expect(clock.ranOut).toBe(1);
    expect((answer as Error).message).toMatch(
      /^Nothing was changed, because .*cannot tell which workloads lose access: /,
    );
    expect((answer as Error).message).toContain(LATE);
    expect(world.writes()).toEqual([]);

    const forced = await world.teardown(REF, { force: true });
    expect(clock.ranOut).toBe(2);
    expect(forced.removed.map(({ kind }) => kind)).toEqual([
      'association',
      'role',
    ]);
    expect(forced.kept).toEqual([
      {
        kind: 'service-account',
        name: 'shop/api',
        reason: expect.stringContaining(LATE),
      },
    ]);
  });

  it('is given up within a timeout when it dies in the middle of an associate', async () => {
    let died = false;
    const result = await world.associate(
      REF,
      {},
      {
        emit: ({ type, data }) => {
          if (type !== 'step' || data.id !== 'gate' || died) return;
          died = true;
          api.set('silent');
        },
      },
    );
    expect(clock.ranOut).toBe(1);
    expect(result).toMatchObject({ changed: true, effective: 'unknown' });
    expect(result.warnings.join()).toMatch(
      new RegExp(`Not known to be effective: .*${LATE}`),
    );
  });
});
