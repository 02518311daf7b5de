import type {
  MovePlan,
  MoveStage,
  MoveStageId,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Role } from '../aws/role';
import { hopRoleName } from '../identity/names';
import { POD_IDENTITY } from '../inventory/__testUtils__/accessCase';
import {
  factsOf,
  ISSUER,
  type World,
} from '../inventory/__testUtils__/readyFacts';
import type {
  AccessFacts,
  AssociationOfAccount,
  RoleOfAccount,
} from '../inventory/facts';
import { known, lacking } from '../verification/framework/fact';
import { plannerOf, planOf } from './planMove';

const OLD = 'arn:aws:iam::444455556666:role/partners/data';
const HERE = '111122223333';
const REF = { cluster: 'prod', namespace: 'shop', serviceAccount: 'api' };
const EXTERNAL_ID = `eu-west-1/${HERE}/prod/shop/api`;
/** The trust policy of the new role, without session tags. */
const OFF = {
  ...POD_IDENTITY,
  Condition: { StringEquals: { 'aws:SourceAccount': HERE } },
};
/** Of a role that lets the service account in by its tags. */
const BY_TAGS = {
  ...POD_IDENTITY,
  Condition: {
    StringEquals: {
      'aws:RequestTag/eks-cluster-arn': `arn:aws:eks:eu-west-1:${HERE}:cluster/prod`,
      'aws:RequestTag/kubernetes-namespace': 'shop',
      'aws:RequestTag/kubernetes-service-account': 'api',
    },
  },
};

interface Across {
  /** Trust statements of the new role; absent where there is none. */
  hop?: object[];
  mayAssume?: boolean;
  association?: Partial<AssociationOfAccount>;
  /** How many of two pods have Pod Identity. */
  moved?: number;
  world?: World;
}

const factsWith = (
  { hop, mayAssume = true, association, moved = 0, world }: Across,
  name: string,
): AccessFacts => {
  const arn = `arn:aws:iam::${HERE}:role/${name}`;
  const role = {
    role: {
      arn,
      name,
      tags: {},
      trustPolicy: { Version: '2012-10-17', Statement: hop },
    } as unknown as Role,
    mayAssume,
  };
  return factsOf({
    asked: {},
    annotated: { roleArn: OLD },
    pods: pods => {
      pods.count = 2;
      pods.roads.set('Deployment api', {
        pods: 2,
        irsa: 2 - moved,
        podIdentity: moved,
      });
    },
    ...world,
    facts: {
      roles: known(new Map<string, RoleOfAccount>(hop ? [[arn, role]] : [])),
      associations: known(
        new Map<string, AssociationOfAccount>(
          association
            ? [
                [
                  'shop/api',
                  { roleArn: arn, targetRoleArn: OLD, ...association },
                ],
              ]
            : [],
        ),
      ),
      ...world?.facts,
    },
  });
};

const planWith = (across: Across, name: string) =>
  planOf(factsWith(across, name), REF, 0)!;
/** Of the new role, as the plan names it. */
const NAME = /--role-name (\S+)/.exec(planWith({}, '').stages[0].commands!)![1];
const planned = (across: Across = {}): MovePlan => planWith(across, NAME);
const stageOf = (id: MoveStageId, across?: Across): MoveStage =>
  planned(across).stages.find(one => one.id === id)!;
const TAGS_OFF = { disableSessionTags: true, externalId: EXTERNAL_ID };
const there: Across = { hop: [OFF], association: TAGS_OFF };

const ASSOCIATED = [
  ...['done', 'left-out', 'left-out', 'done'],
  ...['to-do', 'to-do', 'to-do', 'to-do'],
];

it.each<[string, Across, string[]]>([
  [
    'nothing is done',
    {},
    ['to-do', 'to-do', 'to-do', 'to-do', 'to-do', 'to-do', 'to-do', 'to-do'],
  ],
  [
    'the role is there',
    { hop: [OFF] },
    ['done', 'to-do', 'to-do', 'to-do', 'to-do', 'to-do', 'to-do', 'to-do'],
  ],
  ['the association is there', there, ASSOCIATED],
  ['half has moved', { ...there, moved: 1 }, ASSOCIATED],
  [
    'all has moved',
    { ...there, moved: 2 },
    ['done', 'left-out', 'left-out', 'done', 'done', 'done', 'to-do', 'to-do'],
  ],
])('says what is done where %s', (_, across, states) => {
  const plan = planned(across);
  expect(plan.byHand).toBe(true);
  expect(plan.stages.map(({ id }) => id)).toEqual([
    'role',
    'trust',
    'rehearsal',
    'association',
    'gate',
    'restart',
    'old-trust',
    'annotation',
  ]);
  expect(plan.stages.map(({ state }) => state)).toEqual(states);
  expect(plan.back).toMatchObject({ possible: true });
});

describe('before the association', () => {
  it('says that it goes by hand, and has the annotation proven', () => {
    const { before, reasons, verdict } = planned();
    expect(verdict).toBe('needs-target');
    expect(before!.notes[0]).toMatch(
      /by hand from its first stage to its last/,
    );
    expect(before!.notes.join()).toMatch(/Where it fails, go no further/);
    expect(before!.notes.join()).toMatch(/network or on the session name/);
    expect(before!.commands).toContain(
      `&&\naws sts assume-role-with-web-identity --region eu-west-1 --role-arn ${OLD} `,
    );
    expect(reasons.join()).toMatch(/CloudTrail of account 444455556666 has/);
    expect(planned(there).before!.commands).not.toContain('web-identity');
  });

  it('makes a role that may go on to the old one and nothing else, where there is none', () => {
    const { commands = '' } = stageOf('role');
    const [proof, make] = commands.split(' &&\n');
    expect(proof).toMatch(/^aws sts assume-role-with-web-identity /);
    expect(make).toMatch(
      /^aws iam create-role --role-name move-prod-shop-api-[0-9a-f]{8} /,
    );
    expect(stageOf('role').notes[0]).toMatch(/Where it fails, go no further/);
    const [trust, policy] = [...commands.matchAll(/-document '([^']+)'/g)].map(
      ([, text]) => JSON.parse(text),
    );
    expect(trust).toEqual({ Version: '2012-10-17', Statement: [OFF] });
    expect(policy.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Resource: OLD,
      },
    ]);
    expect(commands).toMatch(/ &&\naws iam put-role-policy .*Assume-data /);
  });

  it('gives a role that is there what it lacks, and leaves one of others alone', () => {
    const bare = stageOf('role', { hop: [OFF], mayAssume: false });
    expect(bare).toMatchObject({ state: 'to-do' });
    expect(bare.commands).toMatch(
      /^aws sts assume-role-with-web-identity .* &&\naws iam put-role-policy /,
    );
    expect(stageOf('role', { hop: [OFF] }).notes.join()).toMatch(
      /look that you made it/,
    );
    const wide = [
      OFF,
      { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' },
    ];
    for (const hop of [[POD_IDENTITY], wide, []]) {
      const found = planned({ hop });
      // Neither the owner nor a person is asked to go on with it
      expect(found).toMatchObject({ stages: [], byHand: true });
      expect(found.sentence).toMatch(/Look whose it is/);
      expect(found).not.toHaveProperty('back');
    }
  });

  it('asks the owner of the old role for statements that the rehearsal and the move need', () => {
    const root = { AWS: `arn:aws:iam::${HERE}:root` };
    const ArnEquals = {
      'aws:PrincipalArn': `arn:aws:iam::${HERE}:role/${NAME}`,
    };
    expect(stageOf('trust').statements).toEqual([
      {
        Effect: 'Allow',
        Principal: root,
        Action: 'sts:AssumeRole',
        Condition: {
          ArnEquals,
          StringEquals: {
            'sts:ExternalId': [EXTERNAL_ID, `${EXTERNAL_ID}-move-rehearsal`],
          },
        },
      },
      {
        Effect: 'Allow',
        Principal: root,
        Action: 'sts:TagSession',
        Condition: { ArnEquals, Null: { 'aws:TagKeys': 'true' } },
      },
    ]);
    expect(stageOf('trust')).not.toHaveProperty('commands');
    // The owner of the old role is who decides on it
    expect(stageOf('trust').notes.join()).toContain(
      `everyone who is allowed to pass role ${NAME} (iam:PassRole) in account ${HERE} can give it to other pods`,
    );
  });

  it('rehearses and associates with both roles', () => {
    const both = `--role-arn arn:aws:iam::${HERE}:role/${NAME} --target-role-arn ${OLD} --disable-session-tags`;
    const { commands, notes } = stageOf('rehearsal');
    expect(commands).toContain(both);
    expect(commands).toContain(`--expect-role ${OLD}`);
    expect(notes.join()).toMatch(
      /--disable-session-tags needs .*--target-role-arn needs/,
    );
    const association = stageOf('association');
    expect(association.commands).toContain(`--service-account api ${both}`);
    expect(association.notes.join()).toMatch(/sessions of one hour at most/);
  });

  it('keeps within the length of a name, and gives each service account and role its own', () => {
    const nameOf = (serviceAccount: string, roleArn = OLD) => {
      const { cluster } = factsWith({}, NAME);
      const target = { clusterArn: cluster.arn, namespace: 'shop' };
      return hopRoleName(cluster.name, { ...target, serviceAccount }, roleArn);
    };
    expect(nameOf('api')).toBe(NAME);
    const long = 'a'.repeat(253);
    const names = [
      nameOf(long),
      nameOf(`${long.slice(1)}b`),
      nameOf('api'),
      nameOf('api', `${OLD}-2`),
    ];
    expect(new Set(names).size).toBe(4);
    for (const name of names) {
      expect(name).toMatch(/^[\w+=,.@-]{1,64}$/);
      expect(name).not.toMatch(/^eks-/);
    }
    expect(names[0]).toHaveLength(64);
  });
});

describe('from the association on', () => {
  it('expects the old role of every pod, and restarts one workload at a time', () => {
    for (const id of ['gate', 'restart'] as const) {
      expect(stageOf(id, there).commands).toContain(`--expect-role ${OLD}`);
    }
    expect(stageOf('restart', { ...there, moved: 1 }).notes).toContain(
      '1 of 2 pods have Pod Identity.',
    );
  });

  it('has the annotation taken off last, and the rehearsal taken out', () => {
    expect(stageOf('annotation', { ...there, moved: 1 })).not.toHaveProperty(
      'commands',
    );
    const all = { ...there, moved: 2 };
    expect(stageOf('annotation', all).commands).toMatch(/annotate|patch/);
    expect(stageOf('annotation', all).notes.join()).toMatch(
      /no plan any more: first have the word of the owner/,
    );
    const end = stageOf('old-trust', all);
    expect(end.notes.join()).toContain(
      `system:serviceaccount:shop:api of the provider ${ISSUER}`,
    );
    expect(end.statements![0]).toMatchObject({
      Condition: { StringEquals: { 'sts:ExternalId': EXTERNAL_ID } },
    });
  });

  it('goes by the tags and the external id of the association', () => {
    const tagged = { hop: [BY_TAGS], association: {}, moved: 2 };
    const statements = stageOf('old-trust', tagged).statements!;
    expect(statements).toEqual([
      expect.objectContaining({
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Condition: {
          ArnEquals: expect.anything(),
          StringEquals: BY_TAGS.Condition.StringEquals,
        },
      }),
    ]);
    expect(planned(tagged).back!.again).not.toContain('--disable-session-tags');
    const named = { ...TAGS_OFF, externalId: 'as AWS says' };
    expect(
      stageOf('trust', { ...there, association: named }).statements![0],
    ).toMatchObject({
      Condition: { StringEquals: { 'sts:ExternalId': 'as AWS says' } },
    });
  });

  it('moves nothing by a role that does not let the service account in', () => {
    const kept = { ...there, hop: [{ ...OFF, Effect: 'Deny' }] };
    expect(stageOf('gate', kept)).not.toHaveProperty('commands');
    expect(stageOf('restart', kept)).not.toHaveProperty('commands');
  });

  it('goes back once the old road is proven, and to both roles again', () => {
    const { commands, again, before, notes } = planned({
      ...there,
      moved: 2,
    }).back!;
    expect(commands!.split(' &&\n')[0]).toMatch(
      /^aws sts assume-role-with-web-identity .* --query AssumedRoleUser\.Arn --output text --web-identity-token "\$\(kubectl -n shop create token api --audience sts\.amazonaws\.com --duration 10m\)"$/,
    );
    expect(commands!.split(' &&\n')[1]).toMatch(/^aws eks delete-pod-identity/);
    expect(commands).not.toContain('delete-role');
    expect(again).toContain(`--target-role-arn ${OLD}`);
    expect(before!.split(' &&\n')[0]).toBe(commands!.split(' &&\n')[0]);
    expect(before!.split(' &&\n')[1]).toMatch(
      /^kubectl -n shop rollout restart/,
    );
    const said = notes.join();
    expect(said).toMatch(/new credentials for 59 minutes at most/);
    expect(said).toMatch(/restarts of a part .* less than half of that/);
    expect(said).toMatch(/is refused within 59 minutes/);
    expect(said).not.toMatch(/hours/);
    expect(said).toMatch(/network or on the session name/);
    expect(notes.join()).toContain(`aws iam delete-role --role-name ${NAME} `);
    const own = planWith({ ...there, moved: 2 }, 'own-role').back!;
    expect(own.notes.join()).not.toContain('delete-role');
  });

  it('says where the association is gone and pods hold on to it', () => {
    const plan = planned({ hop: [OFF], moved: 1 });
    expect(plan).toMatchObject({ byHand: true, stages: [] });
    expect(plan.sentence).toMatch(/middle of a way back/);
    expect(plan.back!.again).toContain(`--target-role-arn ${OLD}`);
    expect(plan.back!.commands).toMatch(
      /^aws sts assume-role-with-web-identity .* &&\neks-pod-identity gate .* --road irsa &&\n\{\nkubectl /,
    );
    expect(plan.back!.notes.join()).toMatch(/refused within 59 minutes/);
    expect(plan.back!.notes.join()).toMatch(/role that association had is not/);
  });

  it.each<[string, Across]>([
    ['there is no such role', {}],
    ['the role cannot go on', { hop: [OFF], mayAssume: false }],
    ['the role lets others in', { hop: [OFF, POD_IDENTITY] }],
  ])('makes no association for the variables of pods where %s', (_, across) => {
    const { back } = planned({ ...across, moved: 1 });
    expect(back).not.toHaveProperty('again');
    expect(back!.notes.join()).not.toMatch(/make the association again/);
    expect(back!.commands).toMatch(/^aws sts assume-role-with-web-identity /);
  });

  it('is at its end without the annotation', () => {
    const facts = factsWith({ ...there, moved: 2 }, NAME);
    const plan = planOf({ ...facts, annotated: known(new Map()) }, REF, 0)!;
    expect(plan).toMatchObject({ verdict: 'no-move', stages: [] });
  });
});

it.each<[string, Across, Partial<MovePlan>]>([
  [
    'pods would fail',
    { world: { pods: pods => pods.pinned.add('app') as never } },
    { verdict: 'needs-target' },
  ],
  [
    'it is not known whether they reach the agent',
    { world: { pods: pods => pods.barredBy.add('closed') as never } },
    { verdict: 'needs-target' },
  ],
  [
    'the roles of the account were not read',
    {
      world: {
        facts: { roles: lacking({ kind: 'denied', sentence: 'Not allowed.' }) },
      },
    },
    { verdict: 'unknown' },
  ],
  [
    'the pods were not read',
    {
      world: {
        facts: { pods: lacking({ kind: 'denied', sentence: 'Not allowed.' }) },
      },
    },
    { verdict: 'needs-target' },
  ],
  [
    'the association goes on to another role',
    { ...there, association: { ...TAGS_OFF, targetRoleArn: `${OLD}-2` } },
    { verdict: 'left-over' },
  ],
  [
    'the association goes on to none',
    { ...there, association: { targetRoleArn: undefined } },
    { verdict: 'left-over' },
  ],
  ...['partners/*/data', 'partners/?/data', '${aws:username}/data'].map(
    (path): [string, Across, Partial<MovePlan>] => [
      `a policy would mean more than role ${path}`,
      {
        world: {
          annotated: { roleArn: `arn:aws:iam::444455556666:role/${path}` },
        },
      },
      {
        verdict: 'needs-target',
        sentence: expect.stringMatching(/mean more than one role/),
      },
    ],
  ),
  [
    'the association has such a role',
    {
      hop: [OFF],
      association: { ...TAGS_OFF, roleArn: `arn:aws:iam::${HERE}:role/*/x` },
    },
    {
      verdict: 'left-over',
      sentence: expect.stringMatching(/mean more than one role/),
    },
  ],
  ...[HERE, '444455556666'].map(
    (account): [string, Across, Partial<MovePlan>] => [
      `the role is of another partition, account ${account}`,
      {
        world: { annotated: { roleArn: `arn:aws-cn:iam::${account}:role/x` } },
      },
      {
        verdict: 'needs-target',
        sentence: expect.stringMatching(/is of partition aws-cn/),
      },
    ],
  ),
  [
    'an add-on has it',
    { ...there, association: { ownerArn: 'arn:aws:eks:::addon/x' } },
    { verdict: 'add-on' },
  ],
])('plans nothing where %s', (_, across, expected) => {
  const plan = planned(across);
  expect(plan).toMatchObject({ ...expected, stages: [] });
  expect(plan).not.toHaveProperty('back');
});

it('names programs of which it is not known whether they know Pod Identity', () => {
  const programs = [
    { name: 'homemade', version: '3', age: 'unknown' as const, lastAt: '' },
    { version: '', age: 'unknown' as const, lastAt: '' },
  ];
  const of = new Map([
    ['shop/api', { programs, roles: new Map(), together: 1 }],
  ]);
  const plan = planned({ world: { use: { of } } });
  expect(plan.reasons).toEqual([
    expect.stringMatching(/^CloudTrail of account/),
    'Whether homemade 3 knows Pod Identity is not known.',
    'A program of it names no SDK that is known.',
  ]);
  expect(plan.stages).toHaveLength(8);
});

it('knows no owner of a role that was not read', () => {
  const planner = plannerOf(factsWith({}, NAME), 0);
  expect(planner.plan(REF)!.stages).toHaveLength(8);
  expect(planner.roleOf(REF)).toBeUndefined();
});
