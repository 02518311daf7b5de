import {
  MARK_TAGS,
  type MovePlan,
  type MoveStage,
  type MoveStageId,
} from 'backstage-plugin-eks-pod-identity-common';
import { createTags } from '../identity/ownership';
import { POD_IDENTITY } from '../inventory/__testUtils__/accessCase';
import {
  ARN,
  factsOf,
  ISSUER,
  oidc,
  PROVIDER,
  type World,
} from '../inventory/__testUtils__/readyFacts';
import type { PodsOfAccount } from '../inventory/facts';
import { addWorkload } from '../inventory/specs';
import { known, lacking } from '../verification/framework/fact';
import { MADE_BY_MOVE } from './subject';
import { plannerOf as plannerOfFacts, planOf } from './planMove';

const REF = { cluster: 'prod', namespace: 'shop', serviceAccount: 'api' };
const LONG = [oidc(), { ...oidc(), Sid: 'x'.repeat(1_300) }];

/** The pod is still on IRSA. */
function onIrsa(pods: PodsOfAccount) {
  pods.roads.set('Deployment api', { pods: 1, irsa: 1, podIdentity: 0 });
}

/** Ten days after its last call by IRSA. */
const LATER = Date.parse('2026-12-09T10:00:00.000Z');
const planned = (world: World, now = LATER): MovePlan =>
  planOf(factsOf(world), REF, now)!;
const plannerOf = (world: World) => plannerOfFacts(factsOf(world), LATER);
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
    { associated: true, pods: onIrsa },
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

it('plans by hand, with every command, what the portal refuses', () => {
  const trust = [oidc()];
  const guard = { deny: ['shop'], allow: ['*'] };
  const plan = planned({ trust, guard, editTrust: ['*'] });
  expect(plan).toMatchObject({
    verdict: 'not-allowed',
    statement: expect.anything(),
  });
  expect(plan).not.toHaveProperty('ownStatement');
  expect(plan).not.toHaveProperty('irsa');
  const open = planned({ trust });
  expect(plan.stages.map(({ commands }) => commands)).toEqual(
    open.stages.map(({ commands }) => commands),
  );
});

describe('the statement', () => {
  it('names the rehearsal beside the service account, and is added to what is there', () => {
    const plan = planned({ trust: [oidc()] });
    const [kept, added] = stored(plan.stages[0]);
    expect(kept).toEqual(oidc());
    expect(added).toEqual(plan.statement);
    expect(added.Condition.StringEquals).toMatchObject({
      'aws:RequestTag/kubernetes-namespace': 'shop',
      'aws:RequestTag/kubernetes-service-account': [
        'api',
        'api-move-rehearsal',
      ],
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
    const other = JSON.parse(
      JSON.stringify(oidc()).replaceAll('ABCDEF', '123456'),
    );
    expect(left([oidc(), other, POD_IDENTITY])).toEqual([other, POD_IDENTITY]);
  });

  it('ends the rehearsal of this service account, and no other', () => {
    const tag = (name: string) => `aws:RequestTag/${name}`;
    const both = ['api', 'api-move-rehearsal'];
    const of = (namespace: string, value: unknown) => ({
      ...POD_IDENTITY,
      Condition: {
        StringEquals: {
          [tag('eks-cluster-arn')]:
            'arn:aws:eks:eu-west-1:111122223333:cluster/prod',
          [tag('kubernetes-namespace')]: namespace,
          [tag('kubernetes-service-account')]: value,
        },
      },
    });
    expect(left([oidc(), of('shop', both), of('pay', both)])).toEqual([
      of('shop', 'api'),
      of('pay', both),
    ]);
    const more = of('shop', [...both, 'worker']);
    expect(left([oidc(), more])).toEqual([more]);
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
        { ...oidc(), Principal: { Federated: [PROVIDER, `${PROVIDER}0`] } },
        POD_IDENTITY,
      ],
    ],
    [
      'names a role, too',
      [
        {
          ...oidc(),
          Principal: { Federated: PROVIDER, AWS: ARN },
          Condition: {
            StringEqualsIfExists: {
              [`${ISSUER}:sub`]: 'system:serviceaccount:shop:api',
            },
          },
        },
        POD_IDENTITY,
      ],
    ],
    [
      'stands beside one that names it to keep it out',
      [
        oidc(),
        {
          ...oidc(),
          Condition: {
            StringNotEquals: {
              [`${ISSUER}:sub`]: ['system:serviceaccount:shop:api'],
            },
          },
        },
        POD_IDENTITY,
      ],
    ],
    [
      'reads like a secret',
      [
        oidc(),
        {
          ...oidc(),
          Condition: { StringLike: { 'a:sub': 'repo:acme/reset-password:x' } },
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

  it('waits for days without a call, as far as CloudTrail was read', () => {
    const soon = Date.parse('2026-12-05T10:00:00.000Z');
    const stage = (now: number, world: World = {}) =>
      planned({ associated: true, ...world }, now).stages[5];
    expect(stage(soon).commands).toBeUndefined();
    expect(stage(soon).notes.join()).toMatch(
      /Its last call by IRSA was seen at 2026-11-29 10:00/,
    );
    expect(stage(LATER).commands).toBeDefined();
    const blind = {
      facts: { use: lacking({ kind: 'denied', sentence: 'No.' }) },
    };
    expect(stage(LATER, blind as World)).toMatchObject({
      notes: expect.arrayContaining([
        'Whether it still asks by IRSA was not seen: No.',
      ]),
    });
  });

  it('prints nothing before the pods have moved', () => {
    const { commands } = stageOf('old-trust', {
      associated: true,
      pods: onIrsa,
    });
    expect(commands).toBeUndefined();
  });

  it('leaves the annotation while pods live by it', () => {
    const world = { associated: true, trust: [POD_IDENTITY] };
    const stage = stageOf('annotation', { ...world, pods: onIrsa });
    expect([stage.state, stage.commands]).toEqual(['to-do', undefined]);
  });

  it('takes the service account of the rehearsal out where only that is left', () => {
    const statement = planned({ trust: [oidc()] }).statement!;
    const stage = stageOf('old-trust', {
      associated: true,
      trust: [statement],
    });
    expect(stage.state).toBe('to-do');
    expect(JSON.stringify(stored(stage))).not.toContain('rehearsal');
  });

  it('does not wait for the end of a pattern, which others need', () => {
    const trust = [
      {
        ...oidc(),
        Condition: {
          StringLike: { [`${ISSUER}:sub`]: 'system:serviceaccount:shop:a*' },
        },
      },
      POD_IDENTITY,
    ];
    const stage = stageOf('annotation', { associated: true, trust });
    expect(stage.commands).toContain('kubectl');
    expect(stage.notes.join(' ')).not.toMatch(/It comes last/);
    const use = lacking({ kind: 'denied', sentence: 'Not allowed.' });
    expect(planned({ trust, facts: { use } })).toMatchObject({
      verdict: 'unknown',
      sentence: expect.stringMatching(/^Cannot tell: its SDK was not seen/),
      stages: [],
    });
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

describe('the end of the old road by the portal', () => {
  const PORTAL = 'portal.example.com';
  const whole = {
    since: '2026-12-01T08:00:00.000Z',
    of: new Map(),
  };
  const tags = {
    ...createTags(
      {
        portalId: PORTAL,
        cluster: { name: 'prod', region: 'eu-west-1' },
        namespace: 'shop',
        serviceAccount: 'api',
      },
      { tags: {} },
    ),
    [MADE_BY_MOVE]: 'irsa',
  };
  const by = (more: object): World => ({
    facts: {
      associations: known(
        new Map([['shop/api', { roleArn: ARN, tags: { ...tags, ...more } }]]),
      ),
    },
  });
  const ours = (more: World = {}): World => ({
    associated: true,
    ...by({}),
    editTrust: [ARN],
    role: { tags: { 'backstage.io/edit-trust': PORTAL } },
    use: whole,
    ...more,
  });
  const cron = (paused: boolean, ended: boolean): World => ({
    template: template =>
      addWorkload(template, {
        kind: 'CronJob',
        name: 'monthly',
        containers: 1,
        replacing: { paused },
      }),
    pods: pods => {
      if (!ended) return;
      pods.ended.set('CronJob monthly', {
        job: 'monthly-1',
        at: 0,
        nodes: new Set(['node']),
        byPodIdentity: true,
      });
    },
  });

  it.each<[string, World]>([
    ['where all is seen', {}],
    ['where a CronJob has run by Pod Identity', cron(false, true)],
  ])('is offered %s', (_, world) => {
    const plan = planned(ours(world));
    expect(plan.irsa).toBe('to-take-out');
    expect(plan.stages[5].notes[0]).toMatch(
      /^The portal takes it out itself .*editTrust names the role/,
    );
  });

  it.each<[string, World, RegExp]>([
    ['a role that is not named', { editTrust: [] }, /^This ends/],
    [
      'an association that was made by hand',
      by({ [MADE_BY_MOVE]: '' }),
      /No move of this portal made its association/,
    ],
    [
      'an association of another portal',
      by({ [MARK_TAGS.portal]: 'other.example.com' }),
      /No move of this portal made its association/,
    ],
    [
      'a role that its owner tagged for another portal',
      { role: { tags: { 'backstage.io/edit-trust': 'other.example.com' } } },
      /its owner has not let/,
    ],
    [
      'a role of Terraform',
      {
        role: {
          tags: { 'backstage.io/edit-trust': PORTAL, ManagedBy: 'Terraform' },
        },
      },
      /Terraform made the role/,
    ],
    [
      'days that were not read',
      { use: { ...whole, since: '2026-12-03T08:00:00.000Z' } },
      /no further back was looked/,
    ],
    [
      'a CronJob without a run by Pod Identity',
      cron(false, false),
      /No run of CronJob monthly by Pod Identity that ended well is there/,
    ],
    [
      'a CronJob that is suspended',
      cron(true, true),
      /CronJob monthly is suspended/,
    ],
    [
      'a workload without pods',
      {
        template: template =>
          addWorkload(template, {
            kind: 'Deployment',
            name: 'idle',
            containers: 1,
          }),
      },
      /Deployment idle has no pod/,
    ],
    [
      'a statement with a further condition',
      {
        trust: [
          oidc(),
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
      /does not let shop\/api in by its name alone/,
    ],
  ])('is left to its owner: %s', (_, world, said) => {
    const plan = planned(ours(world));
    expect(plan.irsa).toBeUndefined();
    expect(plan.stages[5].notes.join(' ')).toMatch(said);
  });

  const pattern = {
    StringLike: { [`${ISSUER}:sub`]: 'system:serviceaccount:shop:a*' },
  };
  it.each<[string, World]>([
    ['pods on IRSA', { pods: onIrsa }],
    ['days that nothing read', { use: { ...whole, isCut: true } }],
    ['a pattern', { trust: [{ ...oidc(), Condition: pattern }, POD_IDENTITY] }],
  ])('is not due: %s', (_, world) => {
    expect(planned(ours(world)).irsa).toBeUndefined();
  });
});

describe('the way back', () => {
  const noWay = (world: World) => {
    const { possible, notes, commands } = planned(world).back!;
    expect([possible, commands]).toEqual([false, undefined]);
    return notes.join(' ');
  };

  const linesOf = (text = '') =>
    text.split('\n').map(line => line.split(' ').slice(0, 5).join(' '));
  const RESTART = [
    'kubectl -n shop rollout restart',
    'kubectl -n shop rollout status',
  ];
  const BACK = [
    'aws eks delete-pod-identity-association --cluster-name prod',
    'eks-pod-identity gate shop/api --cluster prod',
  ];

  it('restarts what has Pod Identity once new pods get IRSA', () => {
    const { before, commands, again } = planned({ associated: true }).back!;
    expect(linesOf(before)).toEqual(RESTART);
    expect(linesOf(commands)).toEqual([...BACK, '{', ...RESTART, '}']);
    expect(again).toContain(`--role-arn ${ARN}`);
  });

  it('restarts nothing where nothing runs that could be restarted', () => {
    const none = (one: { workloads: Map<string, unknown> }) =>
      one.workloads.clear();
    const { possible, commands } = planned({
      associated: true,
      template: none,
      pods: pods => {
        none(pods);
        pods.roads.clear();
        pods.count = 0;
      },
    }).back!;
    expect([possible, linesOf(commands)]).toEqual([true, BACK]);
  });

  it('restarts nothing where no pod has it yet', () => {
    const { before, commands } = planned({
      associated: true,
      pods: onIrsa,
    }).back!;
    expect([before, linesOf(commands)]).toEqual([undefined, BACK]);
  });

  const ON_DELETE = /DaemonSet logs replaces a pod only when it is deleted/;
  const onDelete: World['template'] = template =>
    addWorkload(template, {
      kind: 'DaemonSet',
      name: 'logs',
      containers: 0,
      replacing: { paused: false, strategy: 'OnDelete' },
    });

  it('is there until the rest has moved, where only that stands in its way', () => {
    const { back } = planned({ associated: true, template: onDelete });
    expect([back!.possible, linesOf(back!.before)]).toEqual([true, RESTART]);
    for (const notes of [back!.notes, back!.onceMoved!]) {
      expect(notes.slice(-2)).toEqual([
        'Once the rest has moved as well, there is none on which no request is refused.',
        expect.stringMatching(ON_DELETE),
      ]);
    }
    expect(planned({ associated: true }).back).not.toHaveProperty('onceMoved');
  });

  it.each<[string, World, RegExp]>([
    [
      'an update strategy that waits for a person, of a pod that has Pod Identity',
      {
        associated: true,
        template: onDelete,
        pods: pods =>
          pods.roads.set('DaemonSet logs', {
            pods: 1,
            irsa: 0,
            podIdentity: 1,
          }),
      },
      ON_DELETE,
    ],
    [
      'a Job that has Pod Identity',
      {
        associated: true,
        pods: pods => {
          addWorkload(pods, { kind: 'Job', name: 'report-1', containers: 1 });
          pods.roads.set('Job report-1', { pods: 1, irsa: 0, podIdentity: 1 });
        },
      },
      /No restart reaches Job report-1/,
    ],
    [
      'an annotation that is gone',
      { associated: true, facts: { annotated: known(new Map()) } },
      /has no annotation of IRSA for this role/,
    ],
    [
      'a statement that is gone',
      { associated: true, pods: onIrsa, trust: [POD_IDENTITY] },
      /does not let it in by IRSA/,
    ],
  ])('is refused before the decision: %s', (_, world, said) => {
    expect(noWay(world)).toMatch(said);
  });
});

describe('in the middle of a move', () => {
  const unread = lacking({ kind: 'denied', sentence: 'Not allowed.' });

  it.each<[string, World, MovePlan['verdict'], RegExp]>([
    ['pods', { facts: { pods: unread } }, 'unknown', /how far .*: Not allowed/],
    ['templates', { facts: { templates: unread } }, 'unknown', /how far/],
    ['annotations', { facts: { annotated: unread } }, 'unknown', /how far/],
    [
      'an add-on',
      {
        facts: {
          annotated: known(
            new Map([['shop/api', { roleArn: ARN, byEks: true }]]),
          ),
        },
      },
      'add-on',
      /its own update/,
    ],
    [
      'two roles',
      {
        facts: {
          annotated: known(
            new Map([['shop/api', { roleArn: `${ARN}-other`, byEks: false }]]),
          ),
        },
      },
      'left-over',
      /a change of the role, and no move/,
    ],
    [
      'two roles, of which that of the association does not let it in',
      {
        trust: [],
        facts: {
          annotated: known(
            new Map([['shop/api', { roleArn: `${ARN}-other`, byEks: false }]]),
          ),
        },
      },
      'broken',
      /a change of the role, and no move/,
    ],
  ])('plans nothing for want or because of %s', (_, world, verdict, said) => {
    const plan = planned({ associated: true, ...world });
    expect(plan).toMatchObject({ verdict, stages: [] });
    expect(plan.sentence).toMatch(said);
  });

  it('restarts nothing that would lose its access', () => {
    const world: World = {
      associated: true,
      pods: pods => {
        onIrsa(pods);
        pods.nodes.set('fargate-ip-10-0-1-1', 1);
      },
    };
    const stage = stageOf('restart', world);
    expect(stage.commands).toBeUndefined();
    expect(stage.notes.join()).toMatch(/Fargate.*take the way back/);
  });

  it('restarts one workload, and tells of the others', () => {
    const world: World = {
      associated: true,
      pods: pods => {
        addWorkload(pods, { kind: 'Deployment', name: 'web', containers: 1 });
        pods.count = 2;
        onIrsa(pods);
        pods.roads.set('Deployment web', { pods: 1, irsa: 1, podIdentity: 0 });
      },
    };
    const { commands, notes } = stageOf('restart', world);
    expect(commands!.split(' &&\n')).toEqual([
      'kubectl -n shop rollout restart deployment/api',
      expect.stringMatching(/^kubectl .* status deployment\/api /),
      `eks-pod-identity verify shop/api --cluster prod --region eu-west-1 --restart-later --wait 5m --expect-role ${ARN}`,
    ]);
    expect(notes.join(' ')).toMatch(
      /^0 of 2 pods .* Deployment api comes first/,
    );
    const last = stageOf('restart', { associated: true, pods: onIrsa });
    expect(last.commands).not.toContain('--restart-later');
  });

  it('counts neither pods without a road nor none as moved', () => {
    const roadless: World = {
      associated: true,
      pods: pods =>
        pods.roads.set('Deployment api', { pods: 1, irsa: 0, podIdentity: 0 }),
    };
    const idle: World = {
      associated: true,
      pods: pods => {
        pods.count = 0;
        pods.roads.clear();
      },
    };
    for (const world of [roadless, idle]) {
      expect(stageOf('gate', world).state).toBe('to-do');
      expect(stageOf('old-trust', world).commands).toBeUndefined();
    }
  });

  it('judges the association by its own tags and target role', () => {
    const associations = known(
      new Map([
        [
          'shop/api',
          {
            roleArn: ARN,
            disableSessionTags: false,
            targetRoleArn: 'arn:aws:iam::444455556666:role/far',
          },
        ],
      ]),
    );
    const plan = planned({
      associated: true,
      mayAssume: true,
      pods: onIrsa,
      facts: { associations },
    });
    expect(plan.stages[0].state).toBe('done');
    expect(plan.stages[3].commands).toContain(
      '--expect-role arn:aws:iam::444455556666:role/far',
    );
    // IRSA would give its pods the role that goes on to it
    expect(plan.back!.possible).toBe(false);
  });

  it('makes the association again as it was', () => {
    const made = { roleArn: ARN, policy: '{"Version":"2012-10-17"}' };
    const { again } = planned({
      associated: true,
      facts: {
        associations: known(
          new Map([
            [
              'shop/api',
              {
                ...made,
                tags: { team: 'a b', 'aws:cloudformation:stack-name': 'x' },
              },
            ],
          ]),
        ),
      },
    }).back!;
    expect(again).toContain(`--policy '${made.policy}'`);
    expect(again).toContain('--tags \'{"team":"a b"}\'');
  });

  it('prints nothing further where a Deny keeps Pod Identity out', () => {
    const deny = { ...POD_IDENTITY, Effect: 'Deny' };
    const { stages } = planned({
      associated: true,
      pods: onIrsa,
      trust: [oidc(), POD_IDENTITY, deny],
    });
    expect(stages[0]).toMatchObject({ state: 'to-do' });
    expect(stages.flatMap(({ commands }) => commands ?? [])).toEqual([]);
  });

  it('ends nothing of the old road where pods cannot obtain the role', () => {
    const world: World = {
      associated: true,
      pods: pods => pods.nodes.set('fargate-ip-10-0-1-1', 1) as never,
    };
    const plan = planned(world);
    expect(plan.stages[3]).toMatchObject({
      state: 'done',
      commands: expect.stringMatching(/^eks-pod-identity verify /),
    });
    expect(plan.stages[5].notes.join()).toMatch(/nothing may go/);
    expect(plan.stages[5].commands).toBeUndefined();
    expect(
      planned({ ...world, trust: [POD_IDENTITY] }).stages[6],
    ).toMatchObject({ state: 'to-do' });
    expect(
      planned({ ...world, trust: [POD_IDENTITY] }).stages[6].commands,
    ).toBeUndefined();
  });

  it('proves the new road before the old one ends', () => {
    const { commands } = stageOf('old-trust', { associated: true });
    expect(commands).toMatch(
      /^eks-pod-identity verify shop\/api .* --require-proof .* && \{\naws iam update-assume-role-policy /,
    );
  });

  it('restarts nothing onto a road that the role has lost', () => {
    for (const pods of [onIrsa, undefined]) {
      const { stages } = planned({ associated: true, trust: [oidc()], pods });
      expect(stages[0].state).toBe('to-do');
      expect(stages[4].commands).toBeUndefined();
      expect(stages[5].commands).toBeUndefined();
    }
    expect(
      planned({ associated: true, trust: [oidc()] }).stages[5].notes.join(),
    ).toMatch(/does not let it in by Pod Identity.*nothing may go/);
  });

  it.each<[string, World['use'], RegExp]>([
    ['a search that was cut', { isCut: true }, /more calls than a look reads/],
    [
      'a region that was not searched',
      {
        unsearched: {
          region: 'us-east-1',
          lack: { kind: 'denied', sentence: 'Not allowed there.' },
        },
      },
      /Not allowed there/,
    ],
    [
      'a last look of days ago',
      {
        searched: [
          {
            region: 'eu-west-1',
            since: '2026-10-01T00:00:00.000Z',
            until: '2026-12-01T00:00:00.000Z',
          },
        ],
      },
      /in eu-west-1 was read at 2026-12-01 00:00 UTC for the last time/,
    ],
  ])('takes %s for no silence', (_, use, said) => {
    const { commands, notes } = stageOf('old-trust', { associated: true, use });
    expect(commands).toBeUndefined();
    expect(notes.join()).toMatch(said);
  });

  it('ends a way back on which the association has gone already', () => {
    const plan = planned({
      pods: pods =>
        pods.roads.set('Deployment api', { pods: 1, irsa: 0, podIdentity: 1 }),
    });
    expect(plan.sentence).toMatch(/^Its association is gone/);
    expect(plan.stages).toEqual([]);
    expect(plan.back!.commands).toMatch(
      /^eks-pod-identity gate .* --road irsa/,
    );
    expect(plan.back!.commands).not.toContain('delete-pod-identity');
  });

  it('goes back to no road that AWS has just refused', () => {
    const refusedAt = '2026-12-09T09:50:00.000Z';
    const { back } = planned({
      associated: true,
      asked: { [ARN]: { refusedAt } },
    });
    expect(back).toMatchObject({ possible: false });
    expect(back!.notes.join()).toMatch(/refused it the role by IRSA at 2026/);
  });

  it('restarts pods on IRSA before those whose road is not known', () => {
    const { commands } = stageOf('restart', {
      associated: true,
      pods: pods => {
        addWorkload(pods, { kind: 'Deployment', name: 'web', containers: 1 });
        pods.count = 2;
        pods.roads.set('Deployment api', { pods: 1, irsa: 0, podIdentity: 0 });
        pods.roads.set('Deployment web', { pods: 1, irsa: 1, podIdentity: 0 });
      },
    });
    expect(commands).toMatch(/^kubectl .* deployment\/web /);
  });
});

describe('whom a plan tells of', () => {
  const tag = (name: string) => `aws:RequestTag/${name}`;
  const named = (...trust: object[]) => {
    const { roleOf } = plannerOf({ trust });
    return roleOf(REF)!.namesOthers;
  };

  it('are service accounts on IRSA, and it itself', () => {
    expect(
      named(
        { ...oidc(), Condition: subjects('api', 'worker') },
        {
          ...POD_IDENTITY,
          Condition: {
            StringEquals: {
              [tag('kubernetes-namespace')]: 'shop',
              [tag('kubernetes-service-account')]: [
                'api',
                'api-move-rehearsal',
              ],
            },
          },
        },
      ),
    ).toBe(false);
  });

  it.each<[string, object]>([
    [
      'another service account of Pod Identity',
      {
        ...POD_IDENTITY,
        Condition: {
          StringEquals: { [tag('kubernetes-service-account')]: 'ledger' },
        },
      },
    ],
    [
      'another namespace',
      {
        ...POD_IDENTITY,
        Condition: { StringEquals: { [tag('kubernetes-namespace')]: 'pay' } },
      },
    ],
    ['a Deny', { ...POD_IDENTITY, Effect: 'Deny' }],
    [
      'a role with an external id',
      {
        Effect: 'Allow',
        Principal: { AWS: ARN },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': 'x' } },
      },
    ],
    [
      'everybody',
      { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' },
    ],
    [
      'a pattern',
      {
        ...oidc(),
        Condition: {
          StringLike: { [`${ISSUER}:sub`]: 'system:serviceaccount:secret-*:x' },
        },
      },
    ],
  ])('are others where the trust policy names %s', (_, statement) => {
    expect(named(oidc(), statement)).toBe(true);
  });
});

it.each<[string, World, RegExp]>([
  [
    'the portal adds it',
    { role: { tags: { 'backstage.io/edit-trust': 'portal.example.com' } } },
    /The portal adds such a statement itself when it rehearses or moves, .*names the role \(arn:aws:iam::111122223333:role\/\*\)/,
  ],
  ['the owner has not tagged it', {}, /its owner has not let this portal/],
])(
  'says who adds the statement where the configuration names the role: %s',
  (_, world, says) => {
    const { notes, commands } = stageOf('trust', {
      trust: [oidc()],
      editTrust: ['arn:aws:iam::111122223333:role/*'],
      ...world,
    });
    expect(notes.join('\n')).toMatch(says);
    expect(commands).toContain('update-assume-role-policy');
  },
);
