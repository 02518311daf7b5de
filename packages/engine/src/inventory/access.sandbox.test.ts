import type { AccessRow } from 'backstage-plugin-eks-pod-identity-common';
import { countByOperation } from 'eks-sandbox';
import { known, lacking } from '../verification/framework/fact';
import { VerifyWorld } from '../verification/__testUtils__/VerifyWorld';
import { CASES, makeAll } from './__testUtils__/accessCases';
import { AccessWorld } from './__testUtils__/AccessWorld';
import { collectAccess } from './collect';
import type { AccessFacts } from './facts';
import { judgeAccess } from './judge';

describe('all AWS access of a cluster, over the wire', () => {
  let world: VerifyWorld;
  let access: AccessWorld;
  let rows: Map<string, AccessRow>;

  beforeAll(async () => {
    world = await VerifyWorld.start();
    access = new AccessWorld(world);
    await makeAll(access);
    rows = await access.rows();
  });
  afterAll(() => world.sandbox.stop());

  it.each(CASES.filter(({ roads }) => roads.length > 0))(
    '$name: $verdict',
    ({ name, roads, verdict, says, shapes, further, ...more }) => {
      const row = rows.get(name)!;
      expect({
        ...row,
        shapes: shapes && row.role?.shapes,
        further: !further || row.reasons.some(one => further.test(one)),
        statement: more.statement && row.statement,
        trust: row.role?.trustReasons?.join() ?? '',
      }).toMatchObject({
        roads,
        verdict,
        sentence: expect.stringMatching(says),
        shapes,
        further: true,
        statement: more.statement && {
          Effect: 'Allow',
          Condition: { StringEquals: more.statement },
        },
        trust: expect.stringMatching(more.trustSays ?? ''),
      });
    },
  );

  it('has no row for a service account without AWS', () => {
    expect(rows.has('plain')).toBe(false);
  });

  /** Verdicts by the name of the service account, of facts of which some are missing. */
  const judged = (facts: AccessFacts) =>
    new Map(
      judgeAccess(facts, 0).rows.map(({ ref, verdict }) => [
        ref.serviceAccount,
        verdict,
      ]),
    );
  const why = { kind: 'denied', sentence: 'Not allowed.' } as const;
  const lack = lacking(why);
  const collected = () => collectAccess(access.request());

  it.each<[keyof AccessFacts]>([
    ['annotated'],
    ['pods'],
    ['templates'],
    ['nodes'],
    ['associations'],
    ['addons'],
    ['roles'],
    ['use'],
  ])('calls nothing ready and nothing broken for want of %s', async missing => {
    const facts = await collected();
    const whole = judged(facts);
    expect([...whole.values()]).toContain('ready');
    const without = judged({ ...facts, [missing]: lack });
    const isAddon = missing === 'addons';
    expect([...without.values()].includes('ready')).toBe(isAddon);
    const broken = [...without].filter(([, verdict]) => verdict === 'broken');
    expect(broken.filter(([name]) => whole.get(name) !== 'broken')).toEqual([]);
  });

  it('is broken where the account does not trust the provider of the cluster', async () => {
    const facts = await collected();
    expect(judged({ ...facts, providers: lack }).get('dual')).toBe('ready');
    const gone = judged({ ...facts, providers: known(new Set<string>()) });
    expect(gone.get('dual')).toBe('broken');
    expect(gone.get('moved')).toBe('no-move');
  });

  it('is never ready where the search in CloudTrail was cut, or policies and kinds were not read', async () => {
    const facts = await collected();
    const { use, pods, templates } = facts;
    if (!use.known || !pods.known || !templates.known)
      throw new Error('unread');
    for (const partly of [
      { use: known({ ...use.value, isCut: true }) },
      { pods: known({ ...pods.value, policies: lack }) },
      {
        templates: known({
          ...templates.value,
          unseen: new Map([['Job' as const, why]]),
        }),
      },
    ]) {
      const { verdict, says } = {
        verdict: judged({ ...facts, ...partly }).get('dual'),
        says: Object.keys(partly),
      };
      expect({ verdict, says }).toEqual({ verdict: 'unknown', says });
    }
  });

  it('is not ready as an add-on of EKS where the add-ons were not read', async () => {
    const facts = await collected();
    if (!facts.annotated.known) throw new Error('unread');
    const annotated = new Map(facts.annotated.value);
    annotated.set('shop/dual', { ...annotated.get('shop/dual')!, byEks: true });
    const byEks = { ...facts, annotated: known(annotated) };
    expect(judged({ ...byEks, addons: lack }).get('dual')).toBe('unknown');
    const addons = known(
      new Map([
        [
          access.arn('r-dual'),
          [
            {
              name: 'aws-ebs-csi-driver',
              version: 'v1.48.0-eksbuild.1',
              namespace: 'shop',
              takesPodIdentity: known(['dual']),
            },
          ],
        ],
      ]),
    );
    expect(judged({ ...byEks, addons }).get('dual')).toBe('add-on');
    // Another service account with the role of an add-on is none.
    expect(judged({ ...facts, addons }).get('dual')).toBe('ready');
  });

  it('stands where one trust policy cannot be read', async () => {
    const facts = await collected();
    if (!facts.roles.known) throw new Error('unread');
    const roles = new Map(facts.roles.value);
    const arn = access.arn('r-dual');
    const { role, mayAssume } = roles.get(arn)!;
    roles.set(arn, { role: { ...role, trustPolicy: 'no JSON' }, mayAssume });
    const odd = judged({ ...facts, roles: known(roles) });
    expect(odd.get('dual')).toBe('unknown');
    expect(odd.get('several')).toBe('ready');
  });

  it('reads what policies say of some sessions of a role: its own, its boundary, and trust policies of its account', async () => {
    const { iam } = world.sandbox.aws;
    const at = (name: string) => ({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Action: 's3:*',
          Resource: '*',
          Condition: { StringNotLike: { 'aws:userid': `*:${name}` } },
        },
      ],
    });
    const policy = (name: string) =>
      iam.putPolicy({ name, document: at(name) as any }).arn;
    const trusting = (AWS: string, name: string, more: object = {}) =>
      access.role(name, [
        {
          Effect: 'Allow',
          Principal: { AWS },
          Action: 'sts:AssumeRole',
          ...more,
        },
      ]);
    const arn = access.role('hourly', [access.oidc('hourly')], {
      inline: { own: at('own') },
      attached: [policy('attached')],
      boundaryArn: policy('boundary'),
    } as object);
    const { roleId } = iam.role(arn);
    const Condition = { StringEquals: { 'aws:userid': `${roleId}:bound` } };
    trusting(access.session('hourly', 'session'), 'of-session');
    trusting(arn, 'of-role', { Condition });
    trusting(access.arn('dual'), 'of-another-role');
    trusting(`arn:aws:iam::${world.sandbox.accountId}:root`, 'of-id', {
      Condition,
    });
    iam.putRole({
      accountId: '444455556666',
      name: 'hourly',
      trust: {
        Version: '2012-10-17',
        Statement: [access.oidc('hourly')],
      } as any,
    });
    trusting(
      'arn:aws:sts::444455556666:assumed-role/hourly/foreign',
      'of-foreign',
    );

    const { roles } = await collected();
    const found = roles.known ? roles.value.get(arn)! : undefined;
    expect(
      found?.sessionPolicies?.map(one => [
        one.policy,
        one.effect,
        Object.values(one.condition)[0]['aws:userid'][0].replace(/.*:/, ''),
      ]),
    ).toEqual([
      ['own', 'Deny', 'own'],
      ['attached', 'Deny', 'attached'],
      ['boundary', 'Deny', 'boundary'],
      [undefined, 'Allow', 'session'],
      [undefined, 'Allow', 'bound'],
      [undefined, 'Allow', 'bound'],
    ]);
    // A role that another one's trust policy names may assume that one.
    expect(found?.mayAssume).toBe(true);
    const dual = roles.known && roles.value.get(access.arn('r-dual'));
    expect(dual && [dual.mayAssume, dual.sessionPolicies]).toEqual([
      false,
      undefined,
    ]);
  });

  it('asks for each thing once, and writes nothing', async () => {
    const { client } = world.sandbox;
    await client.resetCalls();
    await access.look();
    const calls = await client.calls({ internal: false });
    expect(calls.filter(({ write }) => write)).toEqual([]);
    const counts = countByOperation(calls);
    const more = Object.entries(counts).filter(([, count]) => count > 1);
    // Of associations and add-ons each is described, and CloudTrail answers in pages of 50 events.
    const paged = [
      'cloudtrail:LookupEvents',
      'eks:DescribeAddon',
      'eks:DescribePodIdentityAssociation',
    ];
    expect(more.filter(([name]) => !paged.includes(name))).toEqual([]);
  });
});
