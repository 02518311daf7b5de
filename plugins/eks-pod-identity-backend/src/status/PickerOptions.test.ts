import {
  AuthorizeResult,
  type PolicyDecision,
} from '@backstage/plugin-permission-common';
import type { Caller } from '../permissions/caller';
import { ClusterVisibility } from '../permissions/ClusterVisibility';
import { PickerOptions } from './PickerOptions';

const ADA = {
  principal: { type: 'user', userEntityRef: 'user:default/ada' },
} as Caller;
const CONDITIONAL = {
  result: AuthorizeResult.CONDITIONAL,
} as PolicyDecision;
const OWN = 'arn:aws:iam::111122223333:policy/shop-read';
const READ_ONLY = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';

const running = (name: string, serviceAccountName: string) => ({
  metadata: { name },
  spec: { template: { spec: { serviceAccountName } } },
});

/** A caller who may give an identity to these service accounts alone, out of what is in the cluster. */
function opened({
  may = ['shop/api', 'shop/jobs', 'shop/web', 'tools/cli', 'kube-system/dns'],
  decision = CONDITIONAL,
  mayUse = true,
  isAway = false,
}: {
  may?: string[];
  decision?: PolicyDecision;
  mayUse?: boolean;
  isAway?: boolean;
} = {}) {
  const cluster = (id: string, allow: string[]) => ({
    id,
    name: id,
    partition: 'aws',
    accountId: '111122223333',
    region: 'eu-west-1',
    allow: { changes: true },
    namespaces: { allow: ['*'], deny: ['kube-*'] },
    guardrails: {
      permissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/boundary',
      managedPolicies: { allow, deny: [] },
      probe: { policyTests: { [READ_ONLY]: ['s3', 'ls'] } },
    },
  });
  const clusters = {
    list: () => [
      cluster('prod', [OWN, 'arn:aws:iam::aws:policy/Amazon*']),
      cluster('test', [READ_ONLY]),
    ],
    session: () => ({
      kubernetes: async () => {
        if (isAway) throw new Error('no route');
        return {
          namespaceNames: async () => ['tools', 'shop', 'kube-system', 'other'],
          serviceAccountNames: async () => ['web', 'hidden', 'api'],
          listDeployments: async () => [
            running('web', 'web'),
            running('worker', 'jobs'),
            running('secret', 'hidden'),
          ],
          listStatefulSets: async () => [],
          listDaemonSets: async () => [],
        };
      },
    }),
  } as any;
  const authorizer = {
    decide: async (permissions: unknown[], _: Caller, { forPage }: any) => {
      if (forPage && !mayUse) throw new Error('no use of the pages');
      return permissions.map(() => decision);
    },
  } as any;
  return new PickerOptions({
    clusters,
    authorizer,
    visibility: new ClusterVisibility({
      clusters,
      authorizer,
      toCriteria: () => ({
        key: 'namespace',
        values: may.map(name => name.split('/')[0]),
      }),
    }),
    isAllowed: (_, { namespace, serviceAccount }) =>
      may.some(name =>
        serviceAccount
          ? name === `${namespace}/${serviceAccount}`
          : name.startsWith(`${namespace}/`),
      ),
    store: {
      associations: {
        findMany: async (refs: { serviceAccount: string }[]) =>
          new Map(
            refs
              .filter(({ serviceAccount }) => serviceAccount === 'web')
              .map(ref => ['web', { ref }]),
          ),
      },
    } as any,
  });
}

describe('what a form offers of a cluster', () => {
  it('is the namespaces that are open and that the caller may use', async () => {
    expect(await opened().namespaces('prod', ADA)).toEqual(['shop', 'tools']);
  });

  it('is the service accounts that the caller may use', async () => {
    expect(await opened().serviceAccounts('prod', 'shop', ADA)).toEqual([
      'api',
      'web',
    ]);
  });

  it('says what runs under each, which ones are missing and which have an identity', async () => {
    const choices = await opened().choices('prod', 'shop', ADA);
    expect(
      choices.map(({ name, exists, hasIdentity, workloads }) => [
        name,
        exists,
        hasIdentity,
        workloads.map(one => one.name),
      ]),
    ).toEqual([
      ['api', true, false, []],
      ['jobs', false, false, ['worker']],
      ['web', true, true, ['web']],
    ]);
  });

  it('says of each workload whether its service account is open to the caller', async () => {
    const found = await opened().workloads('prod', 'shop', ADA);
    expect(found.map(({ name, isOpen }) => [name, isOpen]).sort()).toEqual([
      ['secret', false],
      ['web', true],
      ['worker', true],
    ]);
  });

  it('is nothing of a namespace in which the caller may use nothing', async () => {
    // The cluster is not asked
    const options = opened({ may: ['tools/cli'], isAway: true });
    expect(await options.serviceAccounts('prod', 'shop', ADA)).toEqual([]);
    expect(await options.choices('prod', 'shop', ADA)).toEqual([]);
    expect(await options.workloads('prod', 'shop', ADA)).toEqual([]);
  });

  it('is a sentence where the cluster does not answer', async () => {
    const options = opened({ isAway: true });
    await expect(options.namespaces('prod', ADA)).rejects.toThrow(
      /read the namespaces of cluster prod/,
    );
    await expect(options.choices('prod', 'shop', ADA)).rejects.toThrow(
      /read the service accounts of cluster prod/,
    );
  });

  it('is refused to those who may create nothing, are not allowed to use the pages, or name a closed namespace', async () => {
    const DENY = { result: AuthorizeResult.DENY } as const;
    await expect(
      opened({ decision: DENY }).namespaces('prod', ADA),
    ).rejects.toThrow('You are not allowed to create AWS identities');
    await expect(
      opened({ mayUse: false }).namespaces('prod', ADA),
    ).rejects.toThrow('no use of the pages');
    await expect(opened().namespaces('none', ADA)).rejects.toThrow(
      'no cluster "none"',
    );
    await expect(
      opened().serviceAccounts('prod', 'kube-system', ADA),
    ).rejects.toThrow(/kube-system/);
  });

  it('is the cluster itself to one who may set up the identity', async () => {
    const ref = { cluster: 'prod', namespace: 'shop', serviceAccount: 'api' };
    expect(await opened().requireCreator(ref, ADA)).toMatchObject({
      id: 'prod',
    });
    await expect(
      opened().requireCreator({ ...ref, serviceAccount: 'hidden' }, ADA),
    ).rejects.toThrow(
      'not allowed to set up an AWS identity for prod/shop/hidden',
    );
  });
});

describe('the policies that a form offers', () => {
  const TOO_MUCH = ['AdministratorAccess', 'IAMFullAccess', 'PowerUserAccess'];

  it('are those that the allow-lists name, and after them those that are refused, with the reason', async () => {
    const policies = await opened().policies({}, ADA);
    expect(policies.map(({ name, allowed }) => [name, allowed])).toEqual([
      ['AmazonS3ReadOnlyAccess', true],
      ['shop-read', true],
      ...TOO_MUCH.map(name => [name, false]),
    ]);
    expect(policies[0]).toMatchObject({
      arn: READ_ONLY,
      description: 'Managed by AWS · tested by aws s3 ls',
    });
    expect(policies[1]).toEqual({
      arn: OWN,
      name: 'shop-read',
      description: 'Managed by your organisation · cannot be tested here',
      allowed: true,
      reason: undefined,
    });
    expect(policies[2].reason).toMatch(/^It /);
  });

  it('are those of one cluster, and those with a part of the name', async () => {
    const names = async (query: { q?: string; cluster?: string }) =>
      (await opened().policies(query, ADA)).map(({ name }) => name);
    expect(await names({ cluster: 'prod' })).toEqual([
      'shop-read',
      ...TOO_MUCH,
    ]);
    expect(await names({ q: 'S3READ' })).toEqual(['AmazonS3ReadOnlyAccess']);
    expect(await names({ q: 'none' })).toEqual([]);
    await expect(names({ cluster: 'gone' })).rejects.toThrow('no cluster');
  });

  it('are for those who may use the pages', async () => {
    await expect(opened({ mayUse: false }).policies({}, ADA)).rejects.toThrow(
      'no use of the pages',
    );
  });
});
