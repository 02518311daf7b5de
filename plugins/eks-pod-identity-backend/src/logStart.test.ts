import { mockServices } from '@backstage/backend-test-utils';
import { readEngineConfig } from 'eks-pod-identity-engine';
import { logStart } from './logStart';

/** Warnings of a start with the paths of clusters by their id, all in one account unless an entry says otherwise. */
async function warningsOf(clusters: Record<string, object>): Promise<string[]> {
  const { clusters: configured } = readEngineConfig(
    mockServices.rootConfig({
      data: {
        app: { baseUrl: 'https://portal.example.com' },
        eksPodIdentity: {
          clusters: Object.entries(clusters).map(([name, more]) => ({
            name,
            region: 'eu-west-1',
            accountId: '111122223333',
            ...more,
          })),
        },
      },
    }),
  );
  const warnings: string[] = [];
  await logStart({
    clusters: { list: () => configured },
    logger: { info: () => {}, warn: text => warnings.push(text) },
    permissionsAreOn: true,
    portalId: 'portal.example.com',
    store: { settings: { swap: async () => undefined } },
  });
  return warnings;
}

const at = (path: string) => ({ role: { path } });

describe('the start of a portal', () => {
  it('warns where the path of one cluster holds that of another', async () => {
    expect(
      await warningsOf({
        test: {},
        stage: {},
        prod: at('/backstage/prod/'),
        deep: at('/backstage/prod/deep/'),
      }),
    ).toEqual([
      "role.path /backstage/ of clusters test and stage contains that of clusters prod (/backstage/prod/) and deep (/backstage/prod/deep/) in account 111122223333: AWS lets the write roles of the former change, delete and pass the latter's roles. Give each cluster a path beside the others' (docs/upgrading.md#a-path-for-each-cluster)",
      "role.path /backstage/prod/ of cluster prod contains that of cluster deep (/backstage/prod/deep/) in account 111122223333: AWS lets the write role of the former change, delete and pass the latter's roles. Give each cluster a path beside the others' (docs/upgrading.md#a-path-for-each-cluster)",
    ]);
  });

  it.each<[string, Record<string, object>]>([
    ['one shared path', { test: {}, prod: {} }],
    [
      'siblings',
      { test: at('/backstage/prod/'), prod: at('/backstage/prod-2/') },
    ],
    [
      'another account',
      {
        test: {},
        prod: { ...at('/backstage/prod/'), accountId: '444455556666' },
      },
    ],
    [
      'a cluster that is only watched',
      {
        test: { allow: { changes: false } },
        prod: at('/backstage/prod/'),
      },
    ],
  ])('does not warn of %s', async (_, clusters) => {
    expect(await warningsOf(clusters)).toEqual([]);
  });
});
