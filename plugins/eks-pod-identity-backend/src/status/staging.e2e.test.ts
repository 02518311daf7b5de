import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TestDatabases } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import { until } from 'eks-sandbox/patience';
import { parseAllDocuments } from 'yaml';
import { tasksByHand } from '../__testUtils__/byHand';
import {
  type SandboxPortal,
  startSandboxPortal,
} from '../__testUtils__/sandboxBackend';
import { ADA, type Replica } from '../__testUtils__/testBackend';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
const CLUSTER = 'shop-staging';

const entities = parseAllDocuments(
  readFileSync(
    resolve(__dirname, '../../../../templates/catalog/staging.yaml'),
    'utf8',
  ),
).map(document => {
  const entity: Entity = document.toJS();
  return { ...entity, metadata: { ...entity.metadata, namespace: 'default' } };
});

/** What the portal says of the demo's cluster where each identity is broken in its own way, after sweeps alone. */
describe('the demo of broken identities', () => {
  let portal: SandboxPortal;
  let replica: Replica;
  /** Status of product-page before anything was read of its use. */
  let before: string;

  const refOf = (serviceAccount: string) => ({
    cluster: CLUSTER,
    namespace: 'shop',
    serviceAccount,
  });
  const identity = (name: string) => replica.as(ADA).getIdentity(refOf(name));

  beforeAll(async () => {
    portal = await startSandboxPortal({
      sandbox: { clusters: [CLUSTER] },
      clusters: [{ name: CLUSTER }],
    });
    await portal.sandbox.cluster(CLUSTER).agentReady();
    portal.sandbox.aws.set({ lookupsPerSecond: 1_000 });
    const { tasks, scheduler } = tasksByHand();
    const run = (id: string) => tasks.get(id)!(new AbortController().signal);
    replica = await portal.start({
      knex: await databases.init('SQLITE_3'),
      entities,
      scheduler,
      section: {
        evidence: { cloudTrail: true },
        pacing: { cloudTrailPerSecond: 500 },
      },
    });
    await run(`sweep:${CLUSTER}`);
    before = (await identity('product-page')).status;
    const { accountId, region } = portal.sandbox;
    // Programs in the pods call AWS in their own time
    await until(async () => {
      await run(`evidence:${accountId}:${region}`);
      await run(`sweep:${CLUSTER}`);
      const [page, cards] = await Promise.all(
        ['product-page', 'gift-cards'].map(identity),
      );
      return page.use?.pod && cards.use?.irsaAt;
    });
  });
  afterAll(() => portal?.stop());

  /** What its card, its row in the fleet and a hit of the search say of it. */
  async function see(name: string) {
    const ada = replica.as(ADA);
    const { identities } = await ada.getEntityIdentities({
      kind: 'component',
      namespace: 'default',
      name,
    });
    const { items } = await ada.listAssociations({ cluster: CLUSTER, q: name });
    return [...identities, ...items, await identity(name)].map(one => ({
      ref: one.ref,
      status: one.status,
      sentence: one.sentence,
      notes: one.notes,
    }));
  }

  it.each([
    [
      'stock-keeper',
      'broken',
      'No statement allows sts:TagSession to the service pods.eks.amazonaws.com.',
    ],
    [
      'price-feed',
      'restart-needed',
      '2 pods of Deployment price-feed do not have it yet: restart them.',
    ],
    [
      'review-board',
      'broken',
      'The service account shop/review-board does not exist on shop-staging.',
    ],
    [
      'delivery-planner',
      'other-identity',
      '2 of 2 running pods set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, which every SDK uses before Pod Identity.',
    ],
    [
      'returns-desk',
      'restart-needed',
      '2 of 2 running pods use the IRSA role instead of the Pod Identity.',
    ],
    [
      'newsletter',
      'no-pod-has-it',
      '2 of 2 running pods opted out of Pod Identity: 2 of Deployment newsletter.',
    ],
    [
      'wish-list',
      'no-pod-has-it',
      'NetworkPolicy restrict selects 2 of Deployment wish-list and opens no way to it.',
    ],
    [
      'product-page',
      'verified',
      'running pods of shop/product-page on shop-staging obtained the role themselves.',
    ],
    [
      'gift-cards',
      'other-identity',
      '2 of 2 running pods set AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE, which Go v2, seen in use here, uses before Pod Identity.',
    ],
  ])('says of %s everywhere: %s', async (name, status, sentence) => {
    const [card, row, ...hits] = await see(name);
    expect(card).toMatchObject({
      ref: refOf(name),
      status,
      sentence: expect.stringContaining(sentence),
    });
    expect([row, ...hits]).toEqual([card, card]);
  });

  it('verifies product-page by what its application did, and by nothing else', async () => {
    expect(before).toBe('looks-right');
    expect((await identity('product-page')).lastProof).toBeUndefined();
  });
});
