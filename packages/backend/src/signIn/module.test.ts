import {
  mockServices,
  startTestBackend,
  TestDatabases,
} from '@backstage/backend-test-utils';
import authPlugin from '@backstage/plugin-auth-backend';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { sandboxSignInModule } from './module';

const user = (name: string, memberOf: string[]) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'User',
  metadata: { name, namespace: 'default' },
  spec: { memberOf },
  relations: memberOf.map(group => ({
    type: 'memberOf',
    targetRef: `group:default/${group}`,
  })),
});

// Backstage's own would stay open
const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

async function start(enabled: boolean) {
  const knex = await databases.init('SQLITE_3');
  return startTestBackend({
    features: [
      mockServices.database.factory({ knex }),
      authPlugin,
      sandboxSignInModule,
      catalogServiceMock.factory({
        entities: [user('ana', ['payments']), user('priya', ['platform'])],
      }),
      mockServices.rootConfig.factory({
        data: {
          app: { baseUrl: 'http://localhost:3000' },
          backend: { baseUrl: 'http://localhost:7007' },
          sandbox: { enabled },
          auth: {
            environment: 'development',
            providers: {
              sandbox: {
                users: [{ entityRef: 'user:default/ana', title: 'Ana' }],
              },
            },
          },
        },
      }),
    ],
  });
}

describe('sandboxSignInModule', () => {
  it('signs in as the chosen user, with the groups the catalog knows', async () => {
    const backend = await start(true);
    const refresh = (headers: Record<string, string>) =>
      fetch(
        `http://localhost:${backend.server.port()}/api/auth/sandbox/refresh`,
        { headers: { 'x-requested-with': 'XMLHttpRequest', ...headers } },
      );
    try {
      const ana = await refresh({ 'x-sandbox-user': 'user:default/ana' });
      expect(ana.status).toBe(200);
      expect((await ana.json()).backstageIdentity.identity).toMatchObject({
        userEntityRef: 'user:default/ana',
        ownershipEntityRefs: expect.arrayContaining([
          'user:default/ana',
          'group:default/payments',
        ]),
      });

      // In the catalog, but not one of the users that may be chosen
      const priya = await refresh({ 'x-sandbox-user': 'user:default/priya' });
      expect(priya.status).toBe(403);
      expect((await refresh({})).status).toBe(403);
    } finally {
      await backend.stop();
    }
  });

  it('keeps a portal that is no sandbox from starting', async () => {
    await expect(start(false)).rejects.toThrow(
      /refused because sandbox\.enabled is not true/,
    );
  });
});
