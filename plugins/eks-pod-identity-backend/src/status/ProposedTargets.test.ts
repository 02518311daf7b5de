import type { Entity } from '@backstage/catalog-model';
import type { Caller } from '../permissions/caller';
import { ProposedTargets } from './ProposedTargets';

const ADA = {
  principal: { type: 'user', userEntityRef: 'user:default/ada' },
} as Caller;
const SERVICE = { principal: { type: 'service', subject: 'x' } } as Caller;
const choice = (name: string, labels: Record<string, string> = {}) => ({
  name,
  workloads: [{ name, labels }],
});

function propose(
  annotations: Record<string, string>,
  {
    caller = ADA,
    owner = 'user:default/ada',
    choices = [
      choice('api', { app: 'api', tier: 'web' }),
      choice('jobs', { app: 'jobs', 'backstage.io/kubernetes-id': 'api' }),
    ],
  } = {},
) {
  return new ProposedTargets({
    visibility: {
      of: async () => [
        { id: 'prod', name: 'payments-prod' },
        { id: 'test', name: 'payments-test' },
      ],
    },
    pickers: {
      choices: async (id: string) => {
        if (id === 'test') throw new Error('no answer');
        return choices;
      },
    },
    userInfo: {
      getUserInfo: async () => ({
        userEntityRef: '',
        ownershipEntityRefs: ['user:default/ada'],
      }),
    },
    config: { administrators: [] },
  } as any).of(
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
  const names = async (annotations: Record<string, string>) =>
    (await propose(annotations)).items.map(
      ({ cluster, serviceAccount }) => `${cluster} ${serviceAccount}`,
    );

  it.each<[string, Record<string, string>, string[]]>([
    [
      'are those that its selector matches',
      selector('app=api, tier==web'),
      ['prod api'],
    ],
    [
      'have the name of the component where no workload matches',
      selector('app=api,tier=db'),
      ['prod api'],
    ],
    [
      'have the id of the component where no workload has it',
      { ...NAMESPACE, 'backstage.io/kubernetes-id': 'fraud-scorer' },
      ['prod fraud-scorer'],
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
