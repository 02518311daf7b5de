import { resolve } from 'node:path';
import {
  mockServices,
  startTestBackend,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { ConfigSources, FileConfigSource } from '@backstage/config-loader';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import podIdentityPlugin from 'backstage-plugin-eks-pod-identity-backend';

async function read(name: string): Promise<any> {
  const config = await ConfigSources.toConfig(
    FileConfigSource.create({ path: resolve(__dirname, '../../..', name) }),
  );
  config.close();
  return config.get();
}

// Backstage's own would stay open
const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

describe.each(['app-config.yaml', 'app-config.aws.yaml'])('%s', name => {
  it('is a configuration that the engine accepts', async () => {
    const { app, eksPodIdentity, aws } = await read(name);
    const knex = await databases.init('SQLITE_3');
    const starting = startTestBackend({
      features: [
        mockServices.database.factory({ knex }),
        podIdentityPlugin,
        catalogServiceMock.factory({ entities: [] }),
        mockServices.rootConfig.factory({
          data: { app, eksPodIdentity, aws },
        }),
        mockServices.scheduler.factory({ skipTaskRunOnStartup: true }),
      ],
    });
    await expect(starting).resolves.toBeDefined();
    await (await starting).stop();
  });
});

it('keeps everything of the sandbox out of the configuration for real accounts', async () => {
  const config = await read('app-config.aws.yaml');
  expect(config.sandbox).toBeUndefined();
  expect(config.auth.providers.sandbox).toBeUndefined();
  expect((await read('app-config.yaml')).sandbox.enabled).toBe(true);
});
