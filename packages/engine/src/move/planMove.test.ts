import type {
  MovePlan,
  MoveStage,
  MoveStageId,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  ARN,
  factsOf,
  ISSUER,
  oidc,
  POD_IDENTITY,
  PROVIDER,
  type World,
} from '../inventory/__testUtils__/readFacts';
import { addWorkload } from '../inventory/specs';
import { known, lacking } from '../verification/framework/fact';
import { planOf } from './planMove';

const REF = { cluster: 'prod', namespace: 'shop', serviceAccount: 'api' };
const LONG = [oidc(), { ...oidc(), Sid: 'x'.repeat(1_300) }];

const planned = (world: World): MovePlan => planOf(factsOf(world), REF, 0)!;
const stageOf = (id: MoveStageId, world: World): MoveStage =>
  planned(world).stages.find(one => one.id === id)!;
/** The trust policy that a stage stores. */
function stored({ commands = '' }: MoveStage) {
  const [, text] = /--policy-document '([^']+)'/.exec(commands) ?? [];
  return text && JSON.parse(text).Statement;
}
const subjects = (...names: string[]) => ({
  StringEquals: {
    [`${ISSUER}:sub`]: names.map(name => `system:serviceaccount:shop:${name}`),
  },
});

it.each<[string, World, Partial<Record<MoveStageId, MoveStage['state']>>]>([
  ['one that is ready', {}, { trust: 'done', rehearsal: 'to-do' }],
  [
    'a role that lets Pod Identity in for it alone',
    {
      trust: [
        oidc(),
        {
          ...POD_IDENTITY,
          Condition: {
            StringEquals: {
              'aws:RequestTag/kubernetes-service-account': 'api',
            },
          },
        },
      ],
    },
    { trust: 'done', rehearsal: 'left-out', association: 'to-do' },
  ],
  ['a role that lacks the statement', { trust: [oidc()] }, { trust: 'to-do' }],
  [
    'one with its association, whose pods are on IRSA',
    { associated: true, pods: pods => (pods.irsa = 1) as never },
    {
      rehearsal: 'left-out',
      association: 'done',
      gate: 'to-do',
      restart: 'to-do',
      'old-trust': 'to-do',
    },
  ],
  [
    'one whose pods are on Pod Identity',
    { associated: true },
    { gate: 'done', restart: 'done', 'old-trust': 'to-do' },
  ],
  [
    'one that keeps the annotation alone',
    { associated: true, trust: [POD_IDENTITY] },
    { 'old-trust': 'done', annotation: 'to-do' },
  ],
])('says what is done and what is not: %s', (_, world, states) => {
  const found = planned(world).stages.map(({ id, state }) => [id, state]);
  expect(Object.fromEntries(found)).toMatchObject(states);
});

it.each<[string, World, MovePlan['verdict']]>([
  [
    'pods without an agent',
    { pods: pods => pods.nodes.set('other', 1) as never },
    'unknown',
  ],
  [
    'a program that was not seen',
    { facts: { use: lacking({ kind: 'denied', sentence: 'Not allowed.' }) } },
    'unknown',
  ],
  [
    'a condition that does not carry over',
    {
      trust: [
        {
          ...oidc(),
          Condition: {
            ...oidc().Condition,
            IpAddress: { 'aws:SourceIp': '10.0.0.0/8' },
          },
        },
        POD_IDENTITY,
      ],
    },
    'needs-owner',
  ],
  ['a trust policy without room', { trust: LONG }, 'not-allowed'],
])('plans no stage that would take something away: %s', (_, world, verdict) => {
  expect(planned(world)).toMatchObject({ verdict, stages: [] });
});

describe('the statement', () => {
  it('names the rehearsal beside the service account, and is added to what is there', () => {
    const plan = planned({ trust: [oidc()] });
    const [kept, added] = stored(plan.stages[0]);
    expect(kept).toEqual(oidc());
    expect(added).toEqual(plan.statement);
    expect(added.Condition.StringEquals).toMatchObject({
      'aws:RequestTag/kubernetes-namespace': 'shop',
      'aws:RequestTag/kubernetes-service-account': ['api', 'api-rehearsal'],
    });
  });

  it('names it alone where the policy has no room for both', () => {
    const length = JSON.stringify({
      Version: '2012-10-17',
      Statement: [oidc(), planned({ trust: [oidc()] }).statement],
    }).length;
    const fill = { ...oidc(), Sid: 'x' };
    const Sid = 'x'.repeat(2050 - length - JSON.stringify(fill).length);
    const trust = [oidc(), { ...fill, Sid }];
    const { statement, stages } = planned({ trust });
    expect(statement).toMatchObject({
      Condition: {
        StringEquals: { 'aws:RequestTag/kubernetes-service-account': 'api' },
      },
    });
    expect(stages[1]).toMatchObject({ id: 'rehearsal', state: 'left-out' });
  });

  it.each<[string, World['role'], RegExp]>([
    [
      'a tag',
      { tags: { ManagedBy: 'Terraform' } },
      /the next run of Terraform/,
    ],
    ['a name', { name: 'api-20240611093027514200000003' }, /looks as if Terra/],
    [
      'a stack',
      { tags: { 'aws:cloudformation:stack-name': 'payments' } },
      /CloudFormation stack payments/,
    ],
  ])('says which tool undoes the edit, by %s', (_, role, said) => {
    expect(stageOf('trust', { trust: [oidc()], role }).notes.join()).toMatch(
      said,
    );
  });

  it('goes without session tags where the role assumes others', () => {
    const world = { trust: [oidc()], mayAssume: true };
    expect(stageOf('association', world).commands).toContain(
      '--disable-session-tags',
    );
    expect(planned(world).statement).toMatchObject({
      Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
    });
  });
});

describe('the end of the old road', () => {
  const left = (trust: object[]) =>
    stored(stageOf('old-trust', { associated: true, trust }));

  it('takes one name out of a list, and keeps the others', () => {
    const shared = { ...oidc(), Condition: subjects('api', 'worker') };
    expect(left([shared, POD_IDENTITY])).toEqual([
      { ...oidc(), Condition: subjects('worker') },
      POD_IDENTITY,
    ]);
  });

  it('takes the statement of one away, and that of another cluster stays', () => {
    const other = {
      ...oidc(),
      Principal: { Federated: PROVIDER.replace('ABCDEF', '123456') },
    };
    expect(left([oidc(), other, POD_IDENTITY])).toEqual([other, POD_IDENTITY]);
  });

  it('ends the rehearsal, too', () => {
    const name = 'aws:RequestTag/kubernetes-service-account';
    const ours = (value: unknown) => ({
      ...POD_IDENTITY,
      Condition: { StringEquals: { [name]: value } },
    });
    expect(left([oidc(), ours(['api', 'api-rehearsal'])])).toEqual([
      ours('api'),
    ]);
    const others = ['api', 'api-rehearsal', 'worker'];
    expect(left([oidc(), ours(others)])).toEqual([ours(others)]);
  });

  it.each<[string, object[]]>([
    [
      'stands in one statement with Pod Identity',
      [
        {
          ...oidc(),
          Principal: {
            Federated: PROVIDER,
            Service: 'pods.eks.amazonaws.com',
          },
          Action: ['sts:AssumeRoleWithWebIdentity', ...POD_IDENTITY.Action],
          Condition: {
            StringEqualsIfExists: {
              [`${ISSUER}:sub`]: 'system:serviceaccount:shop:api',
            },
          },
        },
      ],
    ],
    [
      'names two clusters',
      [
        {
          ...oidc(),
          Principal: { Federated: [PROVIDER, `${PROVIDER}0`] },
        },
        POD_IDENTITY,
      ],
    ],
  ])('prints no command for a statement that %s', (_, trust) => {
    const { state, commands } = stageOf('old-trust', {
      associated: true,
      trust,
    });
    expect([state, commands]).toEqual(['to-do', undefined]);
  });

  it('prints nothing before the pods have moved', () => {
    const { commands } = stageOf('old-trust', {
      associated: true,
      pods: pods => (pods.irsa = 1) as never,
    });
    expect(commands).toBeUndefined();
  });

  it('takes the annotation off last', () => {
    expect(
      stageOf('annotation', { associated: true }).commands,
    ).toBeUndefined();
    expect(
      stageOf('annotation', { associated: true, trust: [POD_IDENTITY] })
        .commands,
    ).toBe(
      'kubectl -n shop annotate serviceaccount api eks.amazonaws.com/role-arn-',
    );
  });
});

describe('the way back', () => {
  const noWay = (world: World) => {
    const { possible, notes, commands } = planned(world).back!;
    expect([possible, commands]).toEqual([false, undefined]);
    return notes.join(' ');
  };

  it('restarts, waits for IRSA and restarts again', () => {
    const lines = planned({}).back!.commands!.split('\n');
    expect(lines.map(line => line.split(' ').slice(0, 5).join(' '))).toEqual([
      'kubectl -n shop rollout restart',
      'kubectl -n shop rollout status',
      'aws eks delete-pod-identity-association --cluster-name prod',
      'eks-pod-identity gate shop/api --cluster prod',
      'kubectl -n shop rollout restart',
      'kubectl -n shop rollout status',
    ]);
  });

  it.each<[string, World, RegExp]>([
    [
      'an update strategy that waits for a person',
      {
        associated: true,
        template: template =>
          addWorkload(template, {
            kind: 'DaemonSet',
            name: 'logs',
            containers: 0,
            replacing: { paused: false, strategy: 'OnDelete' },
          }),
      },
      /DaemonSet logs replaces a pod only when it is deleted/,
    ],
    [
      'a CronJob, whose run may last',
      {
        associated: true,
        template: template =>
          addWorkload(template, {
            kind: 'CronJob',
            name: 'report',
            containers: 0,
          }),
      },
      /No restart reaches CronJob report/,
    ],
    [
      'an annotation that is gone',
      { associated: true, facts: { annotated: known(new Map()) } },
      /has no annotation of IRSA for this role/,
    ],
    [
      'a statement that is gone',
      { associated: true, trust: [POD_IDENTITY] },
      /does not let it in by IRSA/,
    ],
    [
      'an association with another role',
      {
        associated: true,
        facts: {
          annotated: known(
            new Map([['shop/api', { roleArn: `${ARN}-other`, byEks: false }]]),
          ),
        },
      },
      /has no annotation of IRSA for this role/,
    ],
  ])('is refused before the decision: %s', (_, world, said) => {
    expect(noWay(world)).toMatch(said);
  });
});
