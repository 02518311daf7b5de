import { policyWebhook } from '../verification/__testUtils__/policyWebhook';
import { LifecycleWorld } from './__testUtils__/LifecycleWorld';

const REF = 'payments-prod/shop/api';

describe('An associate in a cluster as it really behaves', () => {
  let world: LifecycleWorld;

  beforeAll(async () => {
    world = await LifecycleWorld.start({ clockRate: 100 });
    await world.kube().namespace('shop');
  });
  afterAll(() => world.stop());

  it('waits as an API server that throttles asks, and goes on', async () => {
    world.sandbox.faults.add({
      pattern: 'kubernetes:get *',
      kind: 'throttle',
      times: 3,
    });
    expect(await world.associate(REF)).toMatchObject({ effective: 'yes' });
    expect(
      world.sandbox.calls.calls().filter(({ fault }) => fault === 'throttle'),
    ).toHaveLength(3);
    await world.teardown(REF);
  });

  it('does not wait for a webhook that is away and keeps pods out', async () => {
    await world.sandbox.cluster('payments-prod').apply(policyWebhook());
    world.forget();
    const result = await world.associate(REF);
    expect(result).toMatchObject({ changed: true, effective: 'unknown' });
    expect(result.warnings.join()).toMatch(
      /Not known to be effective: .*x\.policy\.example\.com does not answer, and the cluster refuses new pods.*Bring its service kyverno-svc/,
    );
    expect(
      world.calls().filter(call => call === 'kubernetes:create pods'),
    ).toHaveLength(1);
  });
});
