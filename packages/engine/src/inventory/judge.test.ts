import {
  type AccessRow,
  mayMove,
} from 'backstage-plugin-eks-pod-identity-common';
import { known, lacking } from '../verification/framework/fact';
import { POD_IDENTITY } from './__testUtils__/accessCase';
import {
  ARN,
  factsOf,
  ISSUER,
  judged,
  oidc,
  OTHER,
  type World,
} from './__testUtils__/readyFacts';
import type { PodsOfAccount, SpecsOfAccount, WorkloadOfAccount } from './facts';
import { judgeAccess } from './judge';
import { addWorkload } from './specs';

const BY_PATTERN = {
  ...oidc(),
  Condition: {
    StringLike: {
      [`${ISSUER}:sub`]: [
        'system:serviceaccount:tenant-*:app',
        'system:serviceaccount:shop:*',
      ],
    },
  },
};
const denied = {
  known: false,
  lack: { kind: 'denied', sentence: 'Not allowed to.' },
} as const;

const LONG = Array.from({ length: 30 }, (_, at) => ({
  ...oidc(),
  Sid: `AnotherStatementOfTheTrustPolicy${at}`,
}));
const OPENED = { 'backstage.io/edit-trust': 'portal.example.com' };
const EDITED = {
  editTrust: ['arn:aws:iam::111122223333:role/*'],
  role: { tags: OPENED },
};
const DENY = {
  Effect: 'Deny',
  Principal: '*',
  Action: ['sts:AssumeRole', 'sts:TagSession'],
};

/** So many service accounts have one. */
const full = (count: number) =>
  known(
    new Map(
      Array.from({ length: count }, (_, at) => [`zoo/${at}`, {}] as const),
    ),
  );

/** One pod runs on IRSA. */
const onIrsa = (
  pods: PodsOfAccount,
  { kind, name } = { kind: 'Deployment', name: 'api' },
) => {
  const roles = new Set([ARN]);
  pods.onIrsa.set(`${kind} ${name}`, { kind, name, pods: 1, roles });
};

/** A role that does not let it in by IRSA, of pods with a Secret whose name suggests keys. */
const CLOSED_BESIDE_SECRET: World = {
  trust: [POD_IDENTITY],
  asked: {},
  template: template => {
    template.keySecrets.add('Secret aws-keys');
    addWorkload(template, { kind: 'Deployment', name: 'web', containers: 1 });
  },
};

it.each<[string, World, AccessRow['verdict'], RegExp]>([
  ['the world that the others differ from', {}, 'ready', /^Ready to move: /],
  [
    'associations that were not read',
    { facts: { associations: denied }, trust: [POD_IDENTITY], asked: {} },
    'unknown',
    /^Cannot tell: the associations were not read\. Not allowed to\.$/,
  ],
  [
    'a refusal after the last success',
    {
      asked: {
        [ARN]: {
          obtainedAt: '2026-11-29T09:00:00.000Z',
          refusedAt: '2026-11-29T10:00:00.000Z',
        },
      },
    },
    'broken',
    /^AWS refused it role api by IRSA at 2026-11-29 10:00 UTC\./,
  ],
  [
    'a success after the last refusal',
    {
      asked: {
        [ARN]: {
          obtainedAt: '2026-11-29T10:00:00.000Z',
          refusedAt: '2026-11-29T09:00:00.000Z',
        },
      },
    },
    'ready',
    /^Ready/,
  ],
  [
    'a success by a role that it had before',
    {
      trust: [POD_IDENTITY],
      asked: { [OTHER]: { obtainedAt: '2026-11-29T10:00:00.000Z' } },
    },
    'broken',
    /^Role api does not let it in by IRSA/,
  ],
  [
    'a refusal by a role that it had before',
    { asked: { [OTHER]: { refusedAt: '2026-11-29T10:00:00.000Z' } } },
    'ready',
    /^Ready/,
  ],
  [
    'a role that does not let it in, where keys of a Secret may come before it',
    CLOSED_BESIDE_SECRET,
    'unknown',
    /^Cannot tell: its pods may use access keys\. Secrets are not read here, so that it is not known whether Secret aws-keys holds/,
  ],
  [
    'a role that is gone, where keys of a Secret may come before it',
    { ...CLOSED_BESIDE_SECRET, facts: { roles: known(new Map()) } },
    'unknown',
    /^Cannot tell: its pods may use access keys\./,
  ],
  [
    'the same where AWS saw its pods ask, and refused them',
    {
      ...CLOSED_BESIDE_SECRET,
      asked: { [ARN]: { refusedAt: '2026-11-29T10:00:00.000Z' } },
    },
    'broken',
    /^Role api does not let it in by IRSA, so that its pods get no credentials by it today\./,
  ],
  [
    'an association whose role does not let it in, where keys of a Secret may come before it',
    { ...CLOSED_BESIDE_SECRET, associated: true, trust: [oidc()] },
    'unknown',
    /^Cannot tell: its pods may use access keys\./,
  ],
  [
    'a trust policy that was closed after a success',
    { trust: [POD_IDENTITY] },
    'unknown',
    /^Cannot tell: AWS gave it role api by IRSA within the last hours, and the trust policy reads now/,
  ],
  [
    'pods of a workload whose template is not listed',
    {
      pods: pods =>
        addWorkload(pods, {
          kind: 'Deployment',
          name: 'canary',
          containers: 1,
        }),
    },
    'unknown',
    /^Cannot tell: 1 of 2 containers were seen to ask/,
  ],
  [
    'a CronJob that is not the one of a Job that runs',
    {
      template: template =>
        addWorkload(template, { kind: 'CronJob', name: 'sync', containers: 1 }),
      pods: pods =>
        addWorkload(pods, { kind: 'Job', name: 'sync-full-1', containers: 1 }),
    },
    'unknown',
    /^Cannot tell: 1 of 3 containers/,
  ],
  [
    'a CronJob whose Job runs',
    {
      template: template => {
        template.workloads.clear();
        addWorkload(template, { kind: 'CronJob', name: 'sync', containers: 1 });
      },
      pods: pods => {
        pods.workloads.clear();
        addWorkload(pods, { kind: 'Job', name: 'sync-2937', containers: 1 });
      },
    },
    'ready',
    /^Ready/,
  ],
  [
    'pods that wait for a node',
    { pods: pods => pods.nodes.set('', 1) },
    'unknown',
    /^Cannot tell: 1 of its pods has no node yet/,
  ],
  [
    'pods on IRSA without the annotation',
    { facts: { annotated: known(new Map()) }, pods: onIrsa },
    'broken',
    /^1 of its 1 pods run on IRSA, and the annotation is gone:/,
  ],
  [
    'the same where no template was read that may set it',
    {
      facts: { annotated: known(new Map()), templates: denied },
      pods: onIrsa,
    },
    'unknown',
    /^Cannot tell: 1 of its 1 pods hold the variables of IRSA without the annotation, and whether their templates set them was not read\. Not allowed to\.$/,
  ],
  [
    'the same where those of CronJobs were not read',
    {
      facts: {
        annotated: known(new Map()),
        templates: known({
          of: new Map(),
          unseen: new Map([['CronJob' as const, denied.lack]]),
        }),
      },
      pods: pods => onIrsa(pods, { kind: 'Job', name: 'sync-1' }),
    },
    'unknown',
    /and whether their templates set them was not read\. Not allowed to\.$/,
  ],
  [
    'pods of a CronJob that sets it',
    {
      facts: { annotated: known(new Map()) },
      template: template => {
        template.byHand.add('set AWS_ROLE_ARN');
        addWorkload(template, {
          kind: 'CronJob',
          name: 'sync',
          containers: 1,
          byHand: true,
        });
      },
      pods: pods => onIrsa(pods, { kind: 'Job', name: 'sync-1' }),
    },
    'no-move',
    /^Its pods set AWS_ROLE_ARN\. Take the variables out/,
  ],
  [
    'silence, and a call of which nothing can be read',
    { use: { of: new Map(), ofUnknown: 1 } },
    'unknown',
    /has no call by IRSA of it since .* in eu-west-1 and us-east-1; calls there that do not say whose they are: 1\.$/,
  ],
  [
    'a Deny of Pod Identity',
    { trust: [oidc(), DENY] },
    'needs-owner',
    /^The trust policy of role api keeps Pod Identity out, and a further statement would not change it/,
  ],
  [
    'no statement for Pod Identity',
    { trust: [oidc()] },
    'needs-owner',
    /^Ready to move once the trust policy of role api lets Pod Identity in\.$/,
  ],
  [
    'no statement for Pod Identity, which the portal adds',
    { trust: [oidc()], ...EDITED },
    'ready',
    /^Ready to move: the portal adds its statement to the trust policy of role api then, which guardrails\.roles\.editTrust names\.$/,
  ],
  [
    'no statement for Pod Identity, and a pattern of another namespace',
    {
      trust: [oidc()],
      ...EDITED,
      editTrust: ['arn:aws:iam::111122223333:role/{{namespace}}-*'],
    },
    'needs-owner',
    /^Ready to move once/,
  ],
  [
    'no statement for Pod Identity, and none that lets it in alone',
    { trust: [oidc()], ...EDITED, mayAssume: true },
    'needs-owner',
    /^Ready to move once/,
  ],
  [
    'a Deny of Pod Identity, which no further statement changes',
    { trust: [oidc(), DENY], ...EDITED },
    'needs-owner',
    /^The trust policy of role api keeps Pod Identity out/,
  ],
  [
    'a condition that does not carry over, which the portal leaves to the owner',
    {
      trust: [
        {
          ...oidc(),
          Condition: {
            ...oidc().Condition,
            IpAddress: { 'aws:SourceIp': '10.0.0.0/8' },
          },
        },
      ],
      ...EDITED,
    },
    'needs-owner',
    /asks for aws:SourceIp/,
  ],
  [
    'a trust policy that is too long for the default quota already',
    { trust: LONG },
    'needs-owner',
    /^Ready to move once/,
  ],
  [
    'two patterns, of which the second fits',
    { trust: [BY_PATTERN, POD_IDENTITY] },
    'by-rule',
    /^Role api lets the pattern shop\/\* in;/,
  ],
  [
    'a pattern, of which two with its role exist',
    {
      trust: [BY_PATTERN, POD_IDENTITY],
      facts: {
        annotated: known(
          new Map(
            ['shop/api', 'shop/web', 'zoo/api', 'tenant-a/app'].map(key => [
              key,
              { roleArn: key.startsWith('tenant') ? OTHER : ARN, byEks: false },
            ]),
          ),
        ),
      },
    },
    'by-rule',
    /needs its own association: 2 in this cluster today\. A service account made later needs one too\.$/,
  ],
  [
    'a namespace that the portal is kept out of, as a move is refused there',
    {
      guard: { deny: ['shop'], allow: ['*'] },
    },
    'not-allowed',
    /^The portal makes no changes in namespace shop of cluster prod: namespaces\.deny names shop\. By hand it works\.$/,
  ],
  [
    'such a namespace, where a fact is missing besides',
    {
      guard: { deny: ['shop'], allow: ['*'] },
      facts: { use: lacking({ kind: 'denied', sentence: 'Not allowed.' }) },
    },
    'unknown',
    /^Cannot tell: its SDK was not seen/,
  ],
  [
    'such a namespace, where the role lets in a pattern',
    { guard: { deny: ['shop'], allow: ['*'] }, trust: [BY_PATTERN] },
    'by-rule',
    /^Role api lets the pattern shop\/\* in;/,
  ],
  [
    'the same where it has moved already',
    { guard: { deny: ['shop'], allow: ['*'] }, associated: true },
    'left-over',
    /^It has Pod Identity/,
  ],
  [
    'a namespace in which the portal works',
    { guard: { deny: ['kube-*'], allow: ['*'] } },
    'ready',
    /^Ready/,
  ],
  [
    'a role of the portal',
    { editTrust: [], portalRoles: [ARN] },
    'not-allowed',
    /^The portal never gives this role to a workload, because it governs the account or is one of the portal's own\. By hand it works\.$/,
  ],
  [
    'as many associations as EKS allows',
    { facts: { associations: full(5_000) } },
    'not-allowed',
    /^The cluster has 5,000 associations, and EKS allows no more unless its limit was raised\.$/,
  ],
  [
    'more of them, as where AWS raised the limit',
    { facts: { associations: full(5_001) } },
    'not-allowed',
    /^The cluster has 5,001 associations/,
  ],
  [
    'room for one more association',
    { facts: { associations: full(4_999) } },
    'ready',
    /^Ready/,
  ],
  [
    'sessions of six hours, as those of Pod Identity',
    { sessionSeconds: 21_600 },
    'ready',
    /^Ready/,
  ],
  [
    'sessions that are longer',
    { sessionSeconds: 27_000 },
    'blocked',
    /^boto3 1\.44\.8 asked for 7\.5-hour sessions at 2026-11-29 09:00 UTC\. Pod Identity's last 6 hours\.$/,
  ],
  [
    'all names but one',
    {
      trust: [
        {
          ...oidc(),
          Condition: {
            StringNotEquals: {
              [`${ISSUER}:sub`]: 'system:serviceaccount:shop:other',
            },
          },
        },
      ],
    },
    'by-rule',
    /lets service accounts by a condition that names those who are kept out in;/,
  ],
  [
    'a statement of the old road that others use',
    {
      associated: true,
      trust: [BY_PATTERN, POD_IDENTITY],
      facts: { annotated: known(new Map()) },
    },
    'no-move',
    /^It has Pod Identity\.$/,
  ],
  [
    'a statement of the old road for it alone',
    { associated: true, facts: { annotated: known(new Map()) } },
    'left-over',
    /still there: the statement for IRSA of its role\.$/,
  ],
  [
    'a NetworkPolicy in the way',
    { pods: pods => pods.barredBy.add('deny') },
    'unknown',
    /^Cannot tell: NetworkPolicy deny bars its pods/,
  ],
  [
    'a proxy that the template alone has',
    {
      sdk: 'Go v2',
      template: template => {
        template.proxied = 'yes';
      },
      pods: pods => {
        pods.proxied = 'unseen';
      },
    },
    'blocked',
    /through a proxy, which Go v2 obeys\. Add \[fd00:ec2::23\] to NO_PROXY\.$/,
  ],
])('%s', (_, world, verdict, says) => {
  const row = judged(world);
  expect([row.verdict, row.sentence]).toEqual([
    verdict,
    expect.stringMatching(says),
  ]);
});

it('does not call a role gone by which AWS let it in just now', () => {
  const annotated = known(
    new Map([['shop/api', { roleArn: OTHER, byEks: false }]]),
  );
  const asked = { [OTHER]: { obtainedAt: '2026-11-29T10:00:00.000Z' } };
  expect(judged({ facts: { annotated }, asked }).sentence).toMatch(
    /^Cannot tell: AWS gave it role before by IRSA within the last hours/,
  );
});

it('prints a statement only where it is what is missing', () => {
  expect(judged({ trust: [oidc()] }).statement).toMatchObject(POD_IDENTITY);
  expect(judged({ trust: [oidc(), DENY] }).statement).toBeUndefined();
  expect(judged({}).statement).toBeUndefined();
});

const NOW = Date.parse('2026-11-29T12:00:00.000Z');
const daysAgo = (days: number) => NOW - days * 86_400_000;
const nothingRuns = {
  asked: {},
  pods: (pods: PodsOfAccount) => {
    pods.workloads.clear();
    pods.count = 0;
  },
  template: (template: SpecsOfAccount) => template.workloads.clear(),
};
const findings = (world: World) =>
  judgeAccess(factsOf(world), NOW).rows[0].findings ?? [];

it.each<[string, World, string[], RegExp]>([
  ['nothing', {}, [], /^$/],
  [
    'a role that a tool made',
    {
      trust: [POD_IDENTITY],
      asked: {},
      role: { name: 'api-20240611093027514200000003' },
    },
    ['not-let-in'],
    /looks as if Terraform had made it: then change it there too/,
  ],
  [
    'a role that does not let it in, where keys of a Secret may come before it',
    CLOSED_BESIDE_SECRET,
    ['not-let-in'],
    /^Whether it should have role api is for the owner of the role to say/,
  ],
  [
    'a Deny',
    {
      trust: [{ ...DENY, Action: 'sts:AssumeRoleWithWebIdentity' }, oidc()],
      asked: {},
    },
    ['not-let-in'],
    /A further statement would not let it in: Statement 1 \(Deny\) forbids/,
  ],
  [
    'a role that does not exist any more, still held by pods',
    {
      facts: { annotated: known(new Map()), roles: known(new Map()) },
      asked: {},
      pods: pods => onIrsa(pods),
    },
    ['annotation-gone'],
    /Write the right role into the annotation/,
  ],
  [
    'a role that does not exist, where pods hold the one of before',
    {
      facts: {
        annotated: known(
          new Map([['shop/api', { roleArn: OTHER, byEks: false }]]),
        ),
      },
      asked: {},
      pods: pods => onIrsa(pods),
    },
    ['role-gone'],
    /^Write the role that they hold into the annotation/,
  ],
  [
    'keys where the identity is not known to work',
    {
      trust: [POD_IDENTITY],
      asked: {},
      template: template => {
        template.keys.add('set KEY');
        template.keyless = 0;
      },
      pods: pods => {
        pods.keyless = 0;
      },
    },
    ['keys-beside'],
    /put that right first/,
  ],
  [
    'a role that AWS refuses, without use',
    {
      asked: { [ARN]: { refusedAt: '2026-11-29T10:00:00.000Z' } },
      role: { createdAt: daysAgo(91) },
    },
    [],
    /^$/,
  ],
  [
    'a role without use where CloudTrail was not read',
    {
      ...nothingRuns,
      role: { createdAt: daysAgo(91) },
      facts: { use: denied },
    },
    [],
    /^$/,
  ],
  [
    'a role without use, and nothing that runs',
    { ...nothingRuns, role: { createdAt: daysAgo(91) } },
    ['unused-role'],
    /Nothing runs under the service account/,
  ],
  [
    'a role without use, and something that runs',
    { asked: {}, role: { createdAt: daysAgo(91) } },
    ['unused-role'],
    /Ask its team whether it needs AWS/,
  ],
  [
    'a role without use that was asked for just now',
    { role: { createdAt: daysAgo(91) } },
    [],
    /^$/,
  ],
  [
    'a role that is young',
    { ...nothingRuns, role: { createdAt: daysAgo(89) } },
    [],
    /^$/,
  ],
  [
    'a role that was used lately',
    {
      ...nothingRuns,
      role: { createdAt: daysAgo(400), lastUsed: { at: daysAgo(89) } },
    },
    [],
    /^$/,
  ],
  [
    'keys beside Pod Identity',
    {
      associated: true,
      template: template => {
        template.keys.add('set KEY');
      },
    },
    ['keys-beside'],
    /^Its pods set KEY\. Look first that they are keys of AWS/,
  ],
])('finds %s', (_, world, kinds, says) => {
  const found = findings(world);
  expect(found.map(({ kind }) => kind)).toEqual(kinds);
  expect(found.flatMap(({ fix }) => fix.actions).join(' ')).toMatch(says);
});

it('restarts no workload that a restart does not help', () => {
  const annotated = known(
    new Map([['shop/api', { roleArn: OTHER, byEks: false }]]),
  );
  const of = (replacing: WorkloadOfAccount['replacing']) => {
    const [{ fix }] = findings({
      facts: { annotated },
      asked: {},
      template: template => {
        template.workloads.clear();
        const api = { kind: 'Deployment', name: 'api', containers: 1 };
        addWorkload(template, { ...api, replacing });
      },
    });
    return [fix.snippet!.text.includes('rollout restart'), ...fix.actions];
  };
  expect(of({ paused: false })[0]).toBe(true);
  const [restarts, ...actions] = of({ paused: true });
  expect(restarts).toBe(false);
  expect(actions).toContain(
    'Deployment api is paused: the change reaches no pod before that ends.',
  );
});

it('prints a command only where it would help', () => {
  const commandOf = (world: World) => findings(world)[0].fix.snippet?.text;
  const idle = { ...nothingRuns, role: { createdAt: daysAgo(91) } };
  expect(commandOf(idle)).toBe(
    'kubectl -n shop annotate serviceaccount api eks.amazonaws.com/role-arn-',
  );
  expect(commandOf({ ...idle, ...nothingRuns, template: undefined })).toBe(
    undefined,
  );
  const closed = { trust: [POD_IDENTITY], asked: {} };
  expect(commandOf(closed)).toMatch(/^aws iam update-assume-role-policy/);
  const deny = { ...DENY, Action: 'sts:AssumeRoleWithWebIdentity' };
  expect(commandOf({ ...closed, trust: [deny] })).toBeUndefined();
});

it('names the kind that was not read, and the right, among the gaps', () => {
  const row = {
    kind: 'denied',
    sentence: 'Not allowed to list jobs.',
  } as const;
  const unseen = new Map([['Job' as const, row]]);
  const templates = known({ of: new Map(), unseen });
  expect(judgeAccess(factsOf({ facts: { templates } }), 0).gaps).toEqual([
    {
      what: 'workloads',
      sentence: 'Not allowed to list jobs.',
      costs: expect.stringContaining('no verdict is "ready"'),
    },
  ]);
});

it.each<[string, Partial<World>, RegExp[]]>([
  [
    'its owner did not tag',
    { role: { tags: {} } },
    [/Key=backstage\.io\/edit-trust,Value=portal\.example\.com/],
  ],
  [
    'Terraform made, as a tag says',
    { role: { tags: { ...OPENED, ManagedBy: 'Terraform' } } },
    [/Terraform made the role/],
  ],
  [
    'eksctl made, as its name looks',
    { role: { tags: OPENED, name: 'eksctl-shop-addon-api' } },
    [/its name looks as if eksctl had made the role/],
  ],
  [
    'names a principal that was deleted',
    {
      trust: [
        oidc(),
        {
          Effect: 'Allow',
          Principal: { AWS: 'AROACKCEVSQ6C2EXAMPLE' },
          Action: 'sts:AssumeRole',
        },
      ],
    },
    [/names a principal that was deleted/],
  ],
  [
    'has no room for a statement with a Sid',
    { trust: [oidc(), { ...oidc(), Sid: 'x'.repeat(1103) }] },
    [/has no room for another statement/],
  ],
])(
  'says why the portal does not edit a trust policy that is named: of a role that %s',
  (_, differs, says) => {
    const { verdict, reasons, statement } = judged({
      trust: [oidc()],
      ...EDITED,
      ...differs,
    });
    expect([verdict, statement !== undefined]).toEqual(['needs-owner', true]);
    for (const one of says) {
      expect(reasons.join(' ')).toMatch(one);
    }
  },
);

it('keeps what a person needs to move by hand what the portal refuses', () => {
  const row = judged({
    trust: [oidc()],
    ...EDITED,
    guard: { deny: ['shop'], allow: ['*'] },
  });
  expect(row).toMatchObject({ verdict: 'not-allowed', movesByHand: true });
  expect(row.statement).toMatchObject({ Action: expect.anything() });
  expect(row.reasons).toContain(
    'Ready to move once the trust policy of role api lets Pod Identity in.',
  );
  const limit = judged({ facts: { associations: full(5_000) } });
  expect(limit.movesByHand).toBeUndefined();
});

describe('a role that lets in a pattern', () => {
  const trust = [BY_PATTERN, POD_IDENTITY];

  it('can be moved away from by each of those that it lets in', () => {
    const row = judged({ trust });
    expect(row).toMatchObject({ verdict: 'by-rule', alone: 'ready' });
    expect(row.reasons[0]).toMatch(/^Ready to move: its programs, its pods/);
    expect(mayMove(row)).toBe(true);
  });

  it('waits for its owner where it keeps Pod Identity out', () => {
    const row = judged({ trust: [BY_PATTERN] });
    expect(row).toMatchObject({ verdict: 'by-rule', alone: 'needs-owner' });
    expect(row.statement).toMatchObject({ Action: expect.anything() });
    expect(row.reasons[0]).toMatch(/^Ready to move once the trust policy/);
  });

  it.each<[string, World, RegExp]>([
    [
      'a fact that is missing',
      { facts: { use: lacking({ kind: 'denied', sentence: 'Not allowed.' }) } },
      /^Cannot tell: its SDK was not seen/,
    ],
    [
      'a limit of AWS',
      { facts: { associations: full(5_000) } },
      /5,000|associations/,
    ],
  ])('says what keeps one of them: %s', (_, world, says) => {
    const row = judged({ trust, ...world });
    expect([row.verdict, mayMove(row)]).toEqual(['by-rule', false]);
    expect(row.reasons[0]).toMatch(says);
  });

  it('leaves to a person what the portal refuses', () => {
    const guard = { deny: ['shop'], allow: ['*'] };
    const row = judged({ trust, guard });
    expect(row).toMatchObject({ verdict: 'by-rule', movesByHand: true });
    expect(row.alone).toBe('not-allowed');
    expect(row.reasons[0]).toMatch(/namespaces\.deny names shop\. By hand/);
  });
});

describe('an association', () => {
  const withRole = (world: World, association: object = {}) =>
    judged({
      associated: true,
      ...world,
      facts: {
        associations: known(
          new Map([['shop/api', { roleArn: ARN, ...association }]]),
        ),
        ...world.facts,
      },
    });
  const alone = { facts: { annotated: known(new Map()) } };
  const ofRole =
    'Role api of its association does not let it in by Pod Identity, so that pods that start now get no credentials by it, and running ones none when theirs end.';

  it('is broken where its role does not let it in, and what is left of a move can go back', () => {
    const row = withRole({ trust: [oidc()] });
    expect(row).toMatchObject({ verdict: 'broken', sentence: ofRole });
    expect(row.reasons[0]).toBe(
      'Still there: the annotation of IRSA and the statement for IRSA of its role.',
    );
    expect(mayMove(row)).toBe(true);
    const none = withRole({ trust: [], ...alone });
    expect(none).toMatchObject({ verdict: 'broken', sentence: ofRole });
    expect(mayMove(none)).toBe(false);
    const ownerArn = 'arn:aws:eks:eu-west-1:111122223333:addon/prod/cni/1';
    expect(withRole({ trust: [] }, { ownerArn })).toMatchObject({
      verdict: 'broken',
      addon: 'cni',
      sentence: expect.stringMatching(
        /^The add-on cni gives it role api by Pod Identity, and the role does not let it in, so/,
      ),
    });
  });

  it('is broken where its role does not exist, as of an add-on', () => {
    const ownerArn = 'arn:aws:eks:eu-west-1:111122223333:addon/prod/cni/1';
    const gone = { askedRole: known(null), roleArn: OTHER };
    expect(withRole(alone, { ownerArn, ...gone })).toMatchObject({
      verdict: 'broken',
      addon: 'cni',
      sentence:
        'The add-on cni gives it role before by Pod Identity, and the role does not exist, so that its pods get no new credentials by it.',
    });
    const row = withRole({ trust: [oidc()] }, gone);
    expect([row.verdict, mayMove(row)]).toEqual(['broken', false]);
    const pods = withRole(CLOSED_BESIDE_SECRET, gone);
    expect(pods.sentence).toMatch(/^Cannot tell: its pods may use access keys/);
  });

  it.each<[string, World, object]>([
    ['lets it in', { trust: [POD_IDENTITY] }, {}],
    [
      'lets it in without session tags, which are off',
      { trust: [{ ...POD_IDENTITY, Action: 'sts:AssumeRole' }] },
      { disableSessionTags: true },
    ],
    [
      'lets it in by the name of a pod',
      {
        trust: [
          {
            ...POD_IDENTITY,
            Condition: {
              StringLike: { 'aws:RequestTag/kubernetes-pod-name': 'api-*' },
            },
          },
        ],
      },
      {},
    ],
    ['was not read', { trust: [], facts: { roles: denied } }, {}],
  ])('is not broken where its role %s', (_, world, association) => {
    const row = withRole(
      { ...world, facts: { ...alone.facts, ...world.facts } },
      association,
    );
    expect(row).toMatchObject({
      verdict: 'no-move',
      sentence: 'It has Pod Identity.',
    });
  });
});

it('names what a pattern comes to today beside those whom the policy names', () => {
  const keys = ['shop/api', 'shop/web', 'shop/moved', 'zoo/api'];
  const account = { roleArn: ARN, byEks: false };
  const { role } = judged({
    trust: [BY_PATTERN, POD_IDENTITY],
    facts: {
      annotated: known(new Map(keys.map(key => [key, account]))),
      associations: known(new Map([['shop/moved', {}]])),
    },
  });
  expect(role).toMatchObject({
    sharedWith: [
      { kind: 'pattern', name: 'tenant-*/app' },
      { kind: 'pattern', name: 'shop/*' },
    ],
    sharedWithCount: 2,
    fitting: ['shop/web'],
    fittingCount: 1,
  });
});
