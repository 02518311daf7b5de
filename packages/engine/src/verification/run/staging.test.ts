import { checkOf, VerifyWorld } from '../__testUtils__/VerifyWorld';

const CLUSTER = 'shop-staging';

/** What the portal says of the demo's cluster where every identity is broken in its own way, by a look without a pod. */
describe('the demo cluster with broken identities', () => {
  let world: VerifyWorld;
  beforeAll(async () => {
    world = await VerifyWorld.start({
      clusters: [CLUSTER],
      portalClusters: [{ name: CLUSTER }],
    });
    await world.settled(CLUSTER);
  });
  afterAll(() => world.stop());

  const verify = (serviceAccount: string) =>
    world.verify({
      ref: { cluster: CLUSTER, namespace: 'shop', serviceAccount },
    });

  it.each([
    [
      'stock-keeper',
      'broken',
      'role.trust-policy',
      'No statement allows sts:TagSession to the service pods.eks.amazonaws.com.',
    ],
    [
      'price-feed',
      'restart-needed',
      'workloads.injected',
      '2 of 2 running pods run without the identity: 2 of Deployment price-feed.',
    ],
    [
      'review-board',
      'broken',
      'service-account.exists',
      'The service account shop/review-board does not exist on shop-staging.',
    ],
    [
      'delivery-planner',
      'other-identity',
      'workloads.shadowed',
      '2 of 2 running pods set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which every SDK uses before Pod Identity.',
    ],
    [
      'returns-desk',
      'restart-needed',
      'service-account.irsa',
      '2 of 2 running pods use the IRSA role instead of the Pod Identity.',
    ],
    [
      'newsletter',
      'no-pod-has-it',
      'workloads.injected',
      '2 of 2 running pods opted out of Pod Identity: 2 of Deployment newsletter.',
    ],
    [
      'wish-list',
      'no-pod-has-it',
      'workloads.network',
      'NetworkPolicy restrict selects 2 of Deployment wish-list and opens no way to it.',
    ],
    [
      'review-import',
      'broken',
      'role.trust-policy',
      'The role review-import does not trust EKS Pod Identity.',
    ],
    [
      'supplier-sync',
      'no-pod-has-it',
      'workloads.unsupported',
      '2 of 2 running pods send requests to the agent through a proxy',
    ],
  ])('explains %s', async (serviceAccount, status, cause, message) => {
    const report = await verify(serviceAccount);
    expect(report.status).toBe(status);
    const causes = report.checks.filter(
      check =>
        ['fail', 'warn'].includes(check.status) &&
        check.becauseOf === undefined,
    );
    expect(causes.map(({ id }) => id)).toContain(cause);
    expect(checkOf(report, cause).message).toContain(message);
  });
});
