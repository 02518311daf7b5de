import { ApiSwitch } from '../clusters/__testUtils__/ApiSwitch';
import { LifecycleWorld } from './__testUtils__/LifecycleWorld';

jest.setTimeout(30_000);

const REF = 'payments-prod/shop/api';
const TIMEOUT_MS = 1_000;

describe('A Kubernetes API that does not answer', () => {
  let world: LifecycleWorld;
  let api: ApiSwitch;

  beforeEach(async () => {
    world = await LifecycleWorld.start({
      clockRate: 1,
      portals: {
        main: { section: { timings: { requestTimeout: TIMEOUT_MS } } },
      },
    });
    Object.assign(world.sandbox.delays, { association: 0 });
    await world.kube().namespace('shop');
    api = await ApiSwitch.start(world.sandbox, 'payments-prod');
  });
  afterEach(async () => {
    await api.stop();
    await world.stop();
  });

  const timed = async <T>(work: Promise<T>) => {
    const startedAt = Date.now();
    const answer = await work;
    return { answer, ms: Date.now() - startedAt };
  };

  describe.each(['dead', 'silent'] as const)('%s', state => {
    beforeEach(() => api.set(state));

    it('keeps an associate that needs it from starting', async () => {
      const { answer, ms } = await timed(
        world.associate(REF).catch((error: Error) => error),
      );
      expect(ms).toBeLessThan(TIMEOUT_MS + 1_000);
      expect((answer as Error).message).toMatch(
        /^Could not look at namespace shop and ServiceAccount api \(cluster payments-prod\)\. /,
      );
      expect(world.writes()).toEqual([]);
    });

    it('leaves an associate that does not the AWS side, and the rest is said', async () => {
      const { answer, ms } = await timed(
        world.associate(REF, { createServiceAccount: 'never' }),
      );
      // IAM's own delay comes on top.
      expect(ms).toBeLessThan(TIMEOUT_MS + 8_000);
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
    const { answer, ms } = await timed(
      world.teardown(REF).catch((error: Error) => error),
    );
    expect(ms).toBeLessThan(TIMEOUT_MS + 1_000);
    expect((answer as Error).message).toMatch(
      /^Nothing was changed, because .*cannot tell which workloads lose access: .*did not answer within 1000 ms/,
    );
    expect(world.writes()).toEqual([]);

    const forced = await timed(world.teardown(REF, { force: true }));
    expect(forced.ms).toBeLessThan(TIMEOUT_MS + 1_500);
    expect(forced.answer.removed.map(({ kind }) => kind)).toEqual([
      'association',
      'role',
    ]);
    expect(forced.answer.kept).toEqual([
      {
        kind: 'service-account',
        name: 'shop/api',
        reason: expect.stringContaining('did not answer within 1000 ms'),
      },
    ]);
  });

  it('is given up within a timeout when it dies in the middle of an associate', async () => {
    let diedAt = 0;
    const result = await world.associate(
      REF,
      {},
      {
        emit: ({ type, data }) => {
          if (type !== 'step' || data.id !== 'gate' || diedAt) return;
          diedAt = Date.now();
          api.set('silent');
        },
      },
    );
    expect(Date.now() - diedAt).toBeLessThan(TIMEOUT_MS + 1_000);
    expect(result).toMatchObject({ changed: true, effective: 'unknown' });
    expect(result.warnings.join()).toMatch(
      /Not known to be effective: .*did not answer within 1000 ms/,
    );
  });
});
