import { createBackend } from '@backstage/backend-defaults';
import {
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import { mockServices } from '@backstage/backend-test-utils';
import { stringifyEntityRef } from '@backstage/catalog-model';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { DEMO_DELAYS, startSandbox, useEndpoint } from 'eks-sandbox';
import { catalogEntities } from './catalog';
import { stayHere } from './stayHere';

/**
 * The backend plugin alone on a sandbox that it starts in the same process: `yarn start` in the folder of the plugin.
 * Requests need no token, and every permission is given. PORT says where it listens.
 */
async function main() {
  stayHere();
  const sandbox = await startSandbox({ delays: DEMO_DELAYS });
  useEndpoint(sandbox.awsEndpoint);
  const { backstage, roles } = sandbox.credentials;
  process.env.AWS_REGION = sandbox.region;
  process.env.AWS_ACCESS_KEY_ID = backstage.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = backstage.secretAccessKey;

  const entities = catalogEntities();
  const port = Number(process.env.PORT ?? 7007);
  const baseUrl = `http://127.0.0.1:${port}`;
  const backend = createBackend();
  backend.add(
    mockServices.rootConfig.factory({
      data: {
        app: { baseUrl },
        backend: {
          baseUrl,
          listen: { host: '127.0.0.1', port },
          database: { client: 'better-sqlite3', connection: ':memory:' },
        },
        eksPodIdentity: {
          clusters: sandbox
            .connections()
            .map(({ name, region, accountId }) => ({
              name,
              region,
              accountId,
              roles: { ...roles },
              allow: { installAgent: true },
            })),
        },
      },
    }),
  );
  backend.add(mockServices.auth.factory());
  backend.add(mockServices.httpAuth.factory());
  backend.add(
    createServiceFactory({
      service: coreServices.userInfo,
      deps: {},
      // Only who owns a component may order something for it
      factory: () =>
        mockServices.userInfo({
          ownershipEntityRefs: entities
            .filter(({ kind }) => kind === 'Group')
            .map(entity => stringifyEntityRef(entity)),
        }),
    }),
  );
  backend.add(mockServices.permissions.factory());
  backend.add(catalogServiceMock.factory({ entities }));
  backend.add(import('../src'));
  await backend.start();

  console.log(`
The backend plugin listens on ${baseUrl}/api/eks-pod-identity, its sandbox on ${sandbox.awsEndpoint}. Try:

  curl ${baseUrl}/api/eks-pod-identity/v1/entities/component/default/payments-ledger
`);
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
