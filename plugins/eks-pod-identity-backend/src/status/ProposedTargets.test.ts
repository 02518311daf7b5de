import type { Entity } from '@backstage/catalog-model';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import type { Caller } from '../permissions/caller';
import { ClusterVisibility } from '../permissions/ClusterVisibility';
import { PickerOptions } from './PickerOptions';
import { ProposedTargets } from './ProposedTargets';

const ADA = {
  principal: { type: 'user', userEntityRef: 'user:default/ada' },
} as Caller;
const SERVICE = { principal: { type: 'service', subject: 'x' } } as Caller;
const deployment = (name: string, labels: Record<string, string> = {}) => ({
  metadata: { name, labels },
  spec: { template: { spec: { serviceAccountName: name } } },
});
const cluster = (name: string) => ({
  id: name,
  name: `payments-${name}`,
  namespaces: { allow: ['*'], deny: ['kube-*'] },
});
const RUNNING = [
  deployment('api', { app: 'api', tier: 'web' }),
  deployment('jobs', { app: 'jobs', 'backstage.io/kubernetes-id': 'api' }),
];

function propose(
  annotations: Record<string, string>,
  {
    caller = ADA,
    owner = 'user:default/ada',
    /** Of each cluster; undefined where it does not answer. */
    deployments = { prod: RUNNING, test: undefined } as Record<
      string,
      typeof RUNNING | undefined
    >,
    /** What the caller may give an identity, as `cluster name`. */
    mayHave = (_: string): boolean => true,
    /** The only namespace that the caller may reach. */
    namespace = 'payments',
  } = {},
) {
  const clusters = {
    list: () => Object.keys(deployments).map(cluster),
    session: (id: string) => ({
      kubernetes: async () => ({
        listDeployments: async () => {
          if (!deployments[id]) throw new Error('no answer');
          return deployments[id];
        },
        listStatefulSets: async () => [],
        listDaemonSets: async () => [],
      }),
    }),
  } as any;
  const authorizer = {
    decide: async (permissions: unknown[]) =>
      permissions.map(() => ({ result: AuthorizeResult.CONDITIONAL })),
  } as any;
  const visibility = new ClusterVisibility({
    clusters,
    authorizer,
    toCriteria: () => ({ key: 'namespace', values: [namespace] }),
  });
  const pickers = new PickerOptions({
    clusters,
    authorizer,
    visibility,
    isAllowed: (_, ref) =>
      ref.namespace === namespace &&
      mayHave(`${ref.cluster} ${ref.serviceAccount}`),
    store: {} as any,
  });
  return new ProposedTargets({
    visibility,
    pickers,
    userInfo: {
      getUserInfo: async () => ({
        userEntityRef: '',
        ownershipEntityRefs: ['user:default/ada'],
      }),
    },
    config: { administrators: [] },
  }).of(
    {
      kind: 'Component',
      metadata: { name: 'api', annotations },
      relations: owner ? [{ type: 'ownedBy', targetRef: owner }] : [],
    } as unknown as Entity,
    caller,
  );
}

const NAMESPACE = { 'backstage.io/kubernetes-namespace': 'payments' };
const selector = (text: string) => ({
  ...NAMESPACE,
  'backstage.io/kubernetes-label-selector': text,
});
const ID = { ...NAMESPACE, 'backstage.io/kubernetes-id': 'api' };

describe('the targets that are proposed for a component', () => {
  const names = async (...asked: Parameters<typeof propose>) =>
    (await propose(...asked)).items.map(
      ref => `${ref.cluster} ${ref.serviceAccount}`,
    );

  it.each<[string, Record<string, string>, string[]]>([
    [
      'are those that its selector matches',
      selector('app=api, tier==web'),
      ['prod api'],
    ],
    [
      'are none where the selector has another operator',
      selector('app!=api'),
      [],
    ],
    ['are none where the selector has a set', selector('app in (api)'), []],
    [
      'are none where the selector asks whether there is a label',
      selector('app'),
      [],
    ],
    [
      'are those that have its id, by label before name',
      ID,
      ['prod api', 'prod jobs'],
    ],
    [
      'are those of its cluster, by id',
      { ...ID, 'backstage.io/kubernetes-cluster': 'prod' },
      ['prod api', 'prod jobs'],
    ],
    [
      'are those of its cluster, by name',
      { ...ID, 'backstage.io/kubernetes-cluster': 'payments-prod' },
      ['prod api', 'prod jobs'],
    ],
    [
      'are none on another cluster',
      { ...ID, 'backstage.io/kubernetes-cluster': 'dev' },
      [],
    ],
    [
      'are none without a namespace',
      { 'backstage.io/kubernetes-id': 'api' },
      [],
    ],
    [
      'are those of its name without an id',
      NAMESPACE,
      ['prod api', 'prod jobs'],
    ],
  ])('%s', async (_, annotations, expected) => {
    expect(await names(annotations)).toEqual(expected);
  });

  describe('before its first workload', () => {
    const idle = { prod: [deployment('other')], test: [] };
    const newcomer = {
      ...NAMESPACE,
      'backstage.io/kubernetes-id': 'fraud-scorer',
    };

    it.each<
      [string, string[], Record<string, string>, Parameters<typeof propose>[1]]
    >([
      [
        'have its id on each cluster',
        ['prod fraud-scorer', 'test fraud-scorer'],
        newcomer,
        {},
      ],
      [
        'have its name where a selector matches nothing',
        ['prod api', 'test api'],
        selector('app=api,tier=db'),
        {},
      ],
      [
        'are left out where the caller is not allowed to give that name an identity',
        ['test fraud-scorer'],
        newcomer,
        { mayHave: ref => ref !== 'prod fraud-scorer' },
      ],
      [
        'are none in a namespace out of reach',
        [],
        newcomer,
        { namespace: 'shop' },
      ],
      [
        'are none in a namespace that is closed',
        [],
        { ...newcomer, 'backstage.io/kubernetes-namespace': 'kube-system' },
        { namespace: 'kube-system' },
      ],
      [
        'are none where a cluster could not be read, on which it may run',
        [],
        newcomer,
        { deployments: { prod: [], test: undefined } },
      ],
      [
        'are none where it runs under an account that the caller is not allowed to use',
        [],
        ID,
        {
          deployments: { prod: [RUNNING[0]], test: [] },
          mayHave: ref => ref !== 'prod api',
        },
      ],
      [
        'are none where the id is no name of a service account',
        [],
        { ...NAMESPACE, 'backstage.io/kubernetes-id': 'Fraud_Scorer' },
        {},
      ],
    ])('%s', async (_, expected, annotations, world) => {
      expect(await names(annotations, { deployments: idle, ...world })).toEqual(
        expected,
      );
    });
  });

  it('are refused to those who do not own it', async () => {
    expect(
      (await propose(ID, { owner: 'group:default/other' })).refusal,
    ).toMatch(/^api belongs to .*other/);
    expect((await propose(ID, { owner: '' })).refusal).toMatch(
      /^api has no owner in the catalog/,
    );
    expect(
      (await propose(ID, { owner: '', caller: SERVICE })).refusal,
    ).toBeUndefined();
  });
});
