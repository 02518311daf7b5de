import {
  type FactRetriever,
  type FactRetrieverContext,
  techInsightsFactRetrieversExtensionPoint,
} from '@backstage-community/plugin-tech-insights-node';
import {
  coreServices,
  createBackendModule,
  createBackendPlugin,
  type DatabaseService,
} from '@backstage/backend-plugin-api';
import {
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

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

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

describe('podIdentityFactsModule', () => {
  it('gives tech-insights the facts of every component, from the portal itself', async () => {
    const knex = await databases.init('SQLITE_3');
    let retriever!: FactRetriever;
    let client!: Awaited<ReturnType<DatabaseService['getClient']>>;
    const techInsights = createBackendPlugin({
      pluginId: 'tech-insights',
      register(env) {
        env.registerExtensionPoint(techInsightsFactRetrieversExtensionPoint, {
          addFactRetrievers: retrievers => {
            [retriever] = Object.values(retrievers);
          },
        });
        env.registerInit({ deps: {}, async init() {} });
      },
    });
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
    const backend = await startTestBackend({
      features: [
        podIdentityPlugin,
        podIdentityFactsModule,
        techInsights,
        database,
        mockServices.database.factory({ knex }),
        mockServices.scheduler.factory({ skipTaskRunOnStartup: true }),
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
      const facts = () =>
        retriever.handler({
          entityFilter: retriever.entityFilter,
        } as FactRetrieverContext);
      const named = (name: string) => ({
        kind: 'Component',
        namespace: 'default',
        name,
      });
      const unproven = { hasIdentity: true, verifiedInLast7Days: false };
      expect(await facts()).toEqual([
        { entity: named('tagged'), facts: unproven },
        { entity: named('claiming'), facts: unproven },
        // No cluster was swept yet
        { entity: named('without'), facts: {} },
        { entity: named('grabbing'), facts: {} },
      ]);
      await client('cluster_states').insert({
        cluster: 'prod',
        swept_at: 1,
        updated_at: 1,
      });
      const none = { hasIdentity: false, verifiedInLast7Days: false };
      expect(await facts()).toEqual([
        { entity: named('tagged'), facts: unproven },
        { entity: named('claiming'), facts: unproven },
        { entity: named('without'), facts: none },
        { entity: named('grabbing'), facts: none },
      ]);
    } finally {
      await backend.stop();
    }
  });
});
