import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import type { JsonObject } from '@backstage/types';
import { FakeWorld } from './__testUtils__/FakeWorld';
import {
  appConfig,
  type Replica,
  startReplica,
} from './__testUtils__/testBackend';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });

/** The rest of the portal. */
const neighbour = createBackendPlugin({
  pluginId: 'neighbour',
  register(env) {
    env.registerInit({
      deps: { http: coreServices.httpRouter },
      async init({ http }) {
        http.use((_request, response) => {
          response.json({ well: true });
        });
        http.addAuthPolicy({ path: '/', allow: 'unauthenticated' });
      },
    });
  },
});

const wrong: JsonObject = {
  ...appConfig,
  eksPodIdentity: {
    ...appConfig.eksPodIdentity,
    limits: { identitiesPerOwner: 0 },
  },
};

describe('a portal with a wrong configuration', () => {
  let replica: Replica | undefined;
  afterEach(async () => {
    await replica?.stop();
    replica = undefined;
  });

  const start = async (config: JsonObject) => {
    replica = await startReplica({
      world: new FakeWorld(),
      knex: await databases.init('SQLITE_3'),
      config,
      features: [neighbour],
    });
    return replica;
  };

  it.each<[string, JsonObject, RegExp]>([
    [
      'a quota',
      wrong,
      /eksPodIdentity\.limits\.identitiesPerOwner must be greater than 0/,
    ],
    [
      'a cluster',
      {
        ...appConfig,
        eksPodIdentity: {
          clusters: [{ name: 'prod', region: 'mars', accountId: '1' }],
        },
      },
      /eksPodIdentity\.clusters\[0\]\.region must be an AWS region such as eu-west-1[\s\S]*eksPodIdentity\.clusters\[0\]\.accountId must be an AWS account id/,
    ],
    [
      'a mistyped key',
      { ...appConfig, eksPodIdentity: { administrator: [] } },
      /eksPodIdentity\.administrator is not a setting: did you mean "administrators"\?$/,
    ],
    [
      'the address of the portal',
      { ...appConfig, app: { baseUrl: 'portal' } },
      /app\.baseUrl "portal" is not a URL/,
    ],
  ])('does not start, and names %s', async (_, config, sentence) => {
    await expect(start(config)).rejects.toThrow(sentence);
  });

  it('goes on without the plugin where the configuration says so', async () => {
    const { baseUrl, logger } = await start({
      ...wrong,
      backend: {
        startup: {
          plugins: { 'eks-pod-identity': { onPluginBootFailure: 'continue' } },
        },
      },
    });
    const answer = await fetch(new URL('/api/neighbour/', baseUrl));
    expect(await answer.json()).toEqual({ well: true });
    const own = await fetch(`${baseUrl}/v1/clusters`);
    expect(own.ok).toBe(false);
    const said = logger.lines
      .filter(({ level }) => level === 'error')
      .map(({ message, meta }) => `${message} ${meta.error}`)
      .join('\n');
    expect(said).toMatch(
      /eksPodIdentity\.limits\.identitiesPerOwner must be greater than 0/,
    );
  });
});
