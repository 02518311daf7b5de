import { ConfigReader } from '@backstage/config';
import { readEngineConfig } from './config';
import { readLocatedClusters } from './locators';

const ACCOUNT = '111122223333';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/backstage-eks-read`;
const account = {
  accountId: ACCOUNT,
  regions: ['eu-west-1', 'us-east-1'],
  names: ['*-prod'],
  roles: { read: ROLE },
  allow: { changes: false },
};

const configOf = (locators: object) =>
  new ConfigReader({
    app: { baseUrl: 'https://portal.example.com' },
    eksPodIdentity: {
      guardrails: { tags: { allow: ['team'] } },
      locators: locators as any,
    },
  });

const found = (by: string, more: object = {}) => ({
  by,
  name: 'payments-prod',
  region: 'eu-west-1',
  accountId: ACCOUNT,
  ...more,
});

describe('Clusters of locators', () => {
  const config = configOf({ catalog: true, accounts: [account] });

  it('are looked for only where configured', () => {
    expect(
      readEngineConfig(configOf({ accounts: [account] })).locators,
    ).toEqual({ catalog: false, kubernetes: false, refreshMs: 600_000 });
    expect(
      readEngineConfig(new ConfigReader({ app: { baseUrl: 'http://x' } })),
    ).toHaveProperty('locators', undefined);
  });

  it('get roles and limits from app-config, and an id that is no other cluster’s', () => {
    const { clusters, leftOut } = readLocatedClusters(
      [
        found('a', { roles: { write: 'x' }, guardrails: {}, title: 'Evil' }),
        found('b', { region: 'us-east-1' }),
      ],
      config,
    );
    expect(leftOut).toEqual([]);
    expect(clusters).toMatchObject([
      {
        id: `payments-prod.eu-west-1.${ACCOUNT}`,
        title: `payments-prod (eu-west-1, ${ACCOUNT})`,
        arn: `arn:aws:eks:eu-west-1:${ACCOUNT}:cluster/payments-prod`,
        roles: { read: ROLE },
        allow: { changes: false },
        guardrails: { tags: { allow: ['team'] } },
      },
      { id: `payments-prod.us-east-1.${ACCOUNT}` },
    ]);
    expect(clusters[0].roles).toEqual({ read: ROLE });
  });

  it.each([
    ['of another account', { accountId: '999988887777' }],
    ['of another region', { region: 'eu-west-2' }],
    ['with another name', { name: 'payments-test' }],
  ])('are left out where they are %s', (_, more) => {
    expect(readLocatedClusters([found('planted', more)], config)).toEqual({
      clusters: [],
      leftOut: [
        {
          by: 'planted',
          why: 'eksPodIdentity.locators.accounts does not name account, region and name of the cluster',
        },
      ],
    });
  });

  it('are none where app-config names no account', () => {
    const none = new ConfigReader({
      app: { baseUrl: 'https://x.example.com' },
    });
    expect(readLocatedClusters([found('planted')], none).clusters).toEqual([]);
  });

  it('are there once, and have the name of a cluster', () => {
    const { clusters, leftOut } = readLocatedClusters(
      [
        found('a'),
        found('b'),
        found('c', { name: 'pay ments/../-prod' }),
        found('d', { name: `${'x'.repeat(90)}-prod` }),
      ],
      config,
    );
    expect(clusters).toHaveLength(1);
    expect(leftOut).toEqual([
      { by: 'b', why: 'another one names the same cluster' },
      {
        by: 'c',
        why: 'its name is not that of an EKS cluster, or is too long',
      },
      {
        by: 'd',
        why: 'its name is not that of an EKS cluster, or is too long',
      },
    ]);
  });

  it.each([
    [{ catalog: true }, 'eksPodIdentity.locators.accounts is missing'],
    [{ accounts: [] }, 'accounts must name an account'],
    [
      { accounts: [{ ...account, regions: [] }] },
      'accounts[0].regions must name a region',
    ],
    [
      { accounts: [{ ...account, names: ['*/prod'] }] },
      'accounts[0].names[0] must be the name of an EKS cluster, "*" stands for any text',
    ],
    [
      { accounts: [{ ...account, name: 'payments-prod' }] },
      'accounts[0].name is not a setting',
    ],
    [
      { accounts: [{ ...account, regions: ['eu-west-1', 'cn-north-1'] }] },
      'accounts[0].roles.read is in partition aws, but cn-north-1 is in aws-cn',
    ],
  ])('stop the start where they are configured as %j', (locators, message) => {
    expect(() => readEngineConfig(configOf(locators))).toThrow(message);
  });
});
