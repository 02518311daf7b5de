import techInsightsPlugin from '@backstage-community/plugin-tech-insights-backend';
import jsonRulesModule from '@backstage-community/plugin-tech-insights-backend-module-jsonfc';
import {
  coreServices,
  createBackendModule,
  createServiceFactory,
  type DatabaseService,
} from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
  TestDatabases,
} from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
// The facts come from the API of the real one
// eslint-disable-next-line @backstage/no-mixed-plugin-imports
import podIdentityPlugin from 'backstage-plugin-eks-pod-identity-backend';
import { POD_IDENTITY_ANNOTATION } from 'backstage-plugin-eks-pod-identity-common';
import podIdentityFactsModule from '.';
import { configOfReadme } from './__testUtils__/configOfReadme';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
/** One for each plugin, as in a portal. */
const oneForEach = createServiceFactory({
  service: coreServices.database,
  deps: {},
  async factory() {
    const knex = await databases.init('SQLITE_3');
    return mockServices.database({ knex });
  },
});

const RETRIEVER = 'awsIdentityFactRetriever';
const COUNT = 450;
const entity = (kind: string, name: string, claims?: string): Entity => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind,
  metadata: {
    name,
    namespace: 'default',
    ...(claims && { annotations: { [POD_IDENTITY_ANNOTATION]: claims } }),
  },
  spec: { type: 'service' },
});

/** How a service account gets to AWS, as a look at the cluster stores it. */
const going = (name: string, road: string, entityRef: string | null) => ({
  cluster: 'prod',
  namespace: 'payments',
  service_account: name,
  road,
  verdict: 'ready',
  entity_ref: entityRef,
  entity_by: entityRef && 'tag',
  details: JSON.stringify({
    ref: { cluster: 'prod', namespace: 'payments', serviceAccount: name },
    roads: [road],
    verdict: 'ready',
    sentence: '',
    reasons: [],
    workloads: [],
    pods: 1,
    compute: [],
  }),
});

describe('podIdentityFactsModule', () => {
  it('gives tech-insights the facts of every component, and its checks run on them', async () => {
    let client!: Awaited<ReturnType<DatabaseService['getClient']>>;
    const database = createBackendModule({
      pluginId: 'eks-pod-identity',
      moduleId: 'test',
      register(env) {
        env.registerInit({
          deps: { service: coreServices.database },
          async init({ service }) {
            client = await service.getClient();
          },
        });
      },
    });
    // Of both plugins; it runs nothing by itself
    const scheduler = mockServices.scheduler();
    const backend = await startTestBackend({
      features: [
        podIdentityPlugin,
        podIdentityFactsModule,
        techInsightsPlugin,
        jsonRulesModule,
        database,
        oneForEach,
        createServiceFactory({
          service: coreServices.scheduler,
          deps: {},
          factory: () => scheduler,
        }),
        catalogServiceMock.factory({
          entities: [
            entity('Component', 'tagged'),
            entity('Component', 'claiming', 'prod/payments/sa-449'),
            entity('Component', 'without'),
            // Claims what AWS names as the identity of another
            entity('Component', 'grabbing', 'prod/payments/sa-0'),
            entity('Resource', 'bucket'),
          ],
        }),
        mockServices.rootConfig.factory({
          data: {
            ...configOfReadme(),
            app: { baseUrl: 'https://portal.example.com' },
            eksPodIdentity: {
              clusters: [
                {
                  name: 'prod',
                  region: 'eu-west-1',
                  accountId: '111122223333',
                },
              ],
            },
          },
        }),
      ],
    });
    try {
      for (let start = 0; start < COUNT; start += 50) {
        await client('associations').insert(
          Array.from({ length: 50 }, (_, index) => ({
            cluster: 'prod',
            namespace: 'payments',
            service_account: `sa-${start + index}`,
            association_id: `a-${start + index}`,
            arn: `arn:a-${start + index}`,
            owner: 'portal',
            entity_ref: start + index === 0 ? 'component:default/tagged' : null,
            listed_at: 1,
          })),
        );
      }
      const ask = async (path: string, init?: RequestInit) => {
        const answer = await fetch(
          `http://localhost:${backend.server.port()}/api/tech-insights/${path}`,
          {
            ...init,
            headers: {
              authorization: mockCredentials.user.header(),
              'content-type': 'application/json',
            },
          },
        );
        expect(answer.status).toBe(200);
        return answer.json();
      };
      /** The facts of each component, and which of the README's checks say what of it. */
      const seen = async () => {
        await scheduler.triggerTask(RETRIEVER);
        const found: Record<string, unknown> = {};
        for (const name of ['tagged', 'claiming', 'without', 'grabbing']) {
          const { [RETRIEVER]: latest } = await ask(
            `facts/latest?entity=component:default/${name}&ids=${RETRIEVER}`,
          );
          const results = await ask(`checks/run/default/component/${name}`, {
            method: 'POST',
            body: '{}',
          });
          found[name] = {
            facts: latest.facts,
            checks: Object.fromEntries(
              results.map((one: any) => [one.check.id, one.result]),
            ),
          };
        }
        return found;
      };
      const unproven = {
        facts: { hasIdentity: true, verifiedInLast7Days: false },
        checks: { awsIdentityVerified: false },
      };
      // No cluster was swept yet
      const unknown = { facts: {}, checks: {} };
      expect(await seen()).toEqual({
        tagged: unproven,
        claiming: unproven,
        without: unknown,
        grabbing: unknown,
      });
      await client('cluster_states').insert({
        cluster: 'prod',
        swept_at: 1,
        updated_at: 1,
      });
      const none = {
        facts: { hasIdentity: false, verifiedInLast7Days: false },
        checks: { awsIdentityVerified: true },
      };
      expect(await seen()).toEqual({
        tagged: unproven,
        claiming: unproven,
        without: none,
        grabbing: none,
      });
      // And looked at, with two roads other than Pod Identity
      await client('access_looks').insert({
        cluster: 'prod',
        tried_at: 1,
        looked_at: 1,
        gaps: '[]',
      });
      await client('access').insert([
        going('sa-0', 'static-keys', 'component:default/tagged'),
        going('sa-449', 'irsa', null),
      ]);
      const free = { usesStaticKeys: false, usesIrsa: false };
      const passing = { noStaticAwsKeys: true, offIrsa: true };
      const after = (
        { facts, checks }: typeof none,
        fact: object = {},
        check: object = {},
      ) => ({
        facts: { ...facts, ...free, ...fact },
        checks: { ...checks, ...passing, ...check },
      });
      expect(await seen()).toEqual({
        tagged: after(
          unproven,
          { usesStaticKeys: true },
          { noStaticAwsKeys: false },
        ),
        claiming: after(unproven, { usesIrsa: true }, { offIrsa: false }),
        without: after(none),
        grabbing: after(none),
      });
    } finally {
      await backend.stop();
    }
  });
});
