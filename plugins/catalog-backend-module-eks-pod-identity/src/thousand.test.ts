/** @night `provider` counts the same calls for a few */
import { TestDatabases } from '@backstage/backend-test-utils';
import { component, type Portal, startPortal } from './__testUtils__/portal';

const COUNT = 1_000;

/** Five of each component, which claims two of them; the others are tagged. */
const PER_COMPONENT = 5;
const CLAIMED = 2;
const identities = Array.from({ length: COUNT }, (_, index) => {
  const service = Math.floor(index / PER_COMPONENT);
  const isClaimed = index % PER_COMPONENT < CLAIMED;
  return {
    ref: {
      cluster: 'prod',
      namespace: `team-${service % 40}`,
      serviceAccount: `service-${service}-${index % PER_COMPONENT}`,
    },
    roleArn: `arn:aws:iam::111122223333:role/role-${index}`,
    entityRef: isClaimed ? undefined : `component:default/service-${service}`,
  };
});
const company = Array.from({ length: COUNT / PER_COMPONENT }, (_, service) => {
  const claimed = Array.from(
    { length: CLAIMED },
    (__, index) => `prod/team-${service % 40}/service-${service}-${index}`,
  );
  return component(`service-${service}`, claimed.join());
});

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

describe('1,000 identities', () => {
  let portal: Portal;

  beforeAll(async () => {
    portal = await startPortal({
      databases,
      provider: { owner: 'platform' },
      entities: company,
    });
    await portal.record(identities);
  });

  afterAll(() => portal?.stop());

  /** One run of the provider, and what it took. */
  async function run() {
    const before = { ...portal.requests };
    const mutations = portal.mutations.length;
    const startedAt = performance.now();
    await portal.refresh();
    return {
      seconds: Number(((performance.now() - startedAt) / 1_000).toFixed(2)),
      'calls to the identities': portal.requests.identities - before.identities,
      'calls to the catalog': portal.requests.catalog - before.catalog,
      mutations: portal.mutations.length - mutations,
    };
  }

  it('take few calls, and none changes what has not changed', async () => {
    const first = await run();
    const entities = await portal.entities(COUNT);
    const second = await run();
    await portal.record(identities.slice(1));
    const oneGone = await run();
    expect(
      entities.filter(({ relations }) =>
        relations?.some(({ type }) => type === 'dependencyOf'),
      ),
    ).toHaveLength(COUNT);
    // eslint-disable-next-line no-console
    console.table({ first, second, 'one identity gone': oneGone });
    expect(first).toMatchObject({
      'calls to the identities': 6,
      mutations: 1,
    });
    expect(second.mutations).toBe(0);
    expect(second['calls to the identities']).toBe(6);
    expect(second['calls to the catalog']).toBeLessThan(20);
    expect(oneGone.mutations).toBe(1);
  });
});
