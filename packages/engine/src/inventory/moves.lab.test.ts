/** @needs aws kubectl */
import type { AccessFinding } from 'backstage-plugin-eks-pod-identity-common';
import { sample } from 'eks-sandbox/patience/sample';
import { andThen } from '../verification/access/askKubernetes';
import { VerifyWorld } from '../verification/__testUtils__/VerifyWorld';
import { dual, NEW, POD_IDENTITY } from './__testUtils__/accessCase';
import { makeAll } from './__testUtils__/accessCases';
import { AccessWorld } from './__testUtils__/AccessWorld';
import { ByHand } from './__testUtils__/ByHand';
import { collectAccess } from './collect';
import type { AccessFacts, AssociationOfAccount } from './facts';
import { judgeAccess } from './judge';
import { lookAtAccess } from './lookAtAccess';

/** Each service account is moved by plain commands, and its program asked what the look said of it. */
describe('what the look says, held against a move by hand', () => {
  let world: VerifyWorld;
  let access: AccessWorld;
  const byHand = new ByHand();
  const bash = (script: string) => byHand.bash(script);
  const roleOf = (name: string) => access.arn(`r-${name}`);
  beforeAll(async () => {
    world = await VerifyWorld.start();
    access = new AccessWorld(world);
    await makeAll(access);
    await byHand.start(access);
  });
  afterAll(() => world.sandbox.stop());

  it.each(
    sample(
      [
        'dual',
        'several',
        'several-clusters',
        'itself',
        'proxied-python',
        'shared-host',
        'kube2iam-beside',
      ],
      3,
    ),
  )('%s is ready, and goes on by Pod Identity', async name => {
    expect((await access.rows()).get(name)?.verdict).toBe('ready');
    expect(await byHand.moved(name, roleOf(name))).toMatch(
      /with keys of container: .* ok$/,
    );
    expect((await access.rows()).get(name)?.verdict).toBe('left-over');
  });

  it('is ready without tags, and goes on without', async () => {
    expect(await byHand.moved('chains', roleOf('chains'), false)).toMatch(
      /with keys of container: .* ok$/,
    );
  });

  it.each(['exact', 'chains-too'])(
    '%s goes on with the statement that is printed for the owner of its role',
    async name => {
      const row = (await access.rows()).get(name)!;
      expect(row.verdict).toBe('needs-owner');
      await byHand.addStatement(`r-${name}`, row.statement!);
      expect(await byHand.moved(name, roleOf(name), name === 'exact')).toMatch(
        /with keys of container: .* ok$/,
      );
    },
  );

  it.each(
    sample(
      [
        'old-sdk',
        'on-fargate',
        'on-windows',
        'pinned',
        'proxied',
        'without-agent',
      ],
      2,
    ),
  )('%s is blocked, and gets nothing by Pod Identity', async name => {
    expect((await access.rows()).get(name)?.verdict).toBe('blocked');
    expect(await byHand.moved(name, roleOf(name))).toContain(
      'no credentials: ',
    );
  });

  it('near-the-node is blocked, and becomes the node', async () => {
    const name = 'near-the-node';
    expect((await access.rows()).get(name)?.verdict).toBe('blocked');
    expect(await byHand.moved(name, roleOf(name))).toMatch(
      /with keys of node: .* ok$/,
    );
  });

  it('@night long-session is blocked, and its sessions end after 6 hours', async () => {
    const name = 'long-session';
    expect((await access.rows()).get(name)?.verdict).toBe('blocked');
    expect(await byHand.moved(name, roleOf(name))).toMatch(
      /with keys of container: .* ok$/,
    );
    const asked = async () => {
      const { stdout } = await bash(
        `aws cloudtrail lookup-events --region eu-west-1 --lookup-attributes AttributeKey=EventName,AttributeValue=AssumeRole --query 'Events[].CloudTrailEvent' --output json`,
      );
      return (JSON.parse(stdout) as string[])
        .map(text => JSON.parse(text).requestParameters)
        .filter(({ roleArn }) => roleArn === roleOf(name));
    };
    while ((await asked()).length === 0) {
      await world.sandbox.clock.advance(60_000);
    }
    expect(await asked()).toEqual([
      expect.objectContaining({ durationSeconds: 6 * 3_600 }),
    ]);
  });

  it.each([
    ['keys', 'environment'],
    ['by-hand-as-the-webhook', 'irsa'],
    ['kube2iam', 'container'],
  ])(
    '%s has nothing to move, and an association leaves its pods with keys of %s',
    async (name, source) => {
      expect((await access.rows()).get(name)?.verdict).toBe('no-move');
      const role = access.role(`r-given-${name}`, [POD_IDENTITY]);
      expect(await byHand.moved(name, role)).toContain(
        `with keys of ${source}: `,
      );
    },
  );

  it('named-session is blocked, and AWS refuses its calls by Pod Identity', async () => {
    const name = 'named-session';
    expect((await byHand.printed(name)).last).toMatch(/ ok$/);
    expect((await access.rows()).get(name)?.verdict).toBe('blocked');
    expect(await byHand.moved(name, roleOf(name))).toMatch(
      /with keys of container: s3:ListBuckets AccessDenied/,
    );
  });

  it('cannot tell of a NetworkPolicy, which this cluster enforces', async () => {
    expect((await access.rows()).get('policed')?.verdict).toBe('unknown');
    expect(await byHand.moved('policed', roleOf('policed'))).toContain(
      'no credentials: ',
    );
  });

  it('needs a target role where EKS refuses its own', async () => {
    await expect(
      bash(`aws eks create-pod-identity-association --region eu-west-1 \\
  --cluster-name payments-prod --namespace shop --service-account other-account \\
  --role-arn arn:aws:iam::444455556666:role/partner`),
    ).rejects.toThrow(/AccessDenied|InvalidParameter/);
  });

  it.each<[AccessFinding['kind'], string]>([
    ['role-gone', 'no-role'],
    ['role-gone', 'no-arn'],
    ['role-gone', 'pathless'],
    ['not-let-in', 'dead-cluster'],
    ['not-let-in', 'other-audience'],
    ['never-matches', 'never-matches'],
    ['annotation-gone', 'unannotated'],
    ['keys-beside', 'keys-beside'],
  ])('%s: what is printed for %s ends it', async (kind, name) => {
    const row = (await access.rows()).get(name)!;
    expect(row.findings?.map(one => one.kind)).toEqual([kind]);
    await bash(row.findings![0].fix.snippet!.text);
    await bash(`kubectl -n shop rollout status deployment/${name}`);
    expect((await access.rows()).get(name)?.findings).toBeUndefined();
    // Until it asks again, the last answer of AWS is a refusal.
    while ((await access.rows()).get(name)?.verdict === 'broken') {
      await world.sandbox.clock.advance(60_000);
    }
  });

  it('role-gone: what is printed beside pods that hold another role keeps that role', async () => {
    const role = access.arn('r-no-subject');
    await bash(
      `kubectl -n shop annotate serviceaccount no-subject --overwrite eks.amazonaws.com/role-arn=${access.arn(
        'r-none',
      )}`,
    );
    const row = (await access.rows()).get('no-subject')!;
    expect(row.sentence).toMatch(/so that pods that start now get no/);
    const [{ kind, fix }] = row.findings!;
    expect([kind, fix.snippet!.text]).toEqual([
      'role-gone',
      expect.not.stringContaining('rollout restart'),
    ]);
    await bash(fix.snippet!.text);
    const after = (await access.rows()).get('no-subject')!;
    expect([after.role!.arn, after.findings]).toEqual([role, undefined]);
  });

  it('changes no annotation that changed since the look', async () => {
    await world.kube().apply([
      {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: {
          name: 'late',
          namespace: 'shop',
          annotations: { 'eks.amazonaws.com/role-arn': access.arn('r-none') },
        },
      },
    ] as any);
    const [{ fix }] = (await access.rows()).get('late')!.findings!;
    await bash('kubectl -n shop annotate serviceaccount late team=payments');
    await expect(bash(fix.snippet!.text)).rejects.toThrow(/modified/);
  });

  it('unused-role: what is printed for a service account without workload ends it', async () => {
    const later = 100 * 86_400_000;
    const idle = async () => {
      const request = access.request();
      const clock = { ...request.clock, now: () => world.clock.now() + later };
      const { rows } = await lookAtAccess({ ...request, clock });
      return rows.find(({ ref }) => ref.serviceAccount === 'idle');
    };
    const [found, ...more] = (await idle())!.findings!;
    expect(more).toEqual([]);
    expect(found.fix.cause).toMatch(/^IAM saw no use of role r-idle/);
    await bash(found.fix.snippet!.text);
    expect(await idle()).toBeUndefined();
  });

  it('provider-gone: what is printed gives the cluster its access back', async () => {
    const broken = async () =>
      [...(await access.rows()).values()].filter(({ findings }) =>
        findings?.some(({ kind }) => kind === 'provider-gone'),
      );
    expect(await broken()).toEqual([]);
    await bash(
      `aws iam delete-open-id-connect-provider --region eu-west-1 --open-id-connect-provider-arn ${access.provider}`,
    );
    const rows = await broken();
    expect(rows.length).toBeGreaterThan(3);
    await bash(rows[0].findings![0].fix.snippet!.text);
    expect(await broken()).toEqual([]);
  });

  it('@night is not allowed where EKS has no room for another association', async () => {
    await access.runs('late-dual', {
      role: dual(access, 'late-dual'),
      sdk: NEW,
    });
    await access.asked('late-dual');
    const facts = await collectAccess(access.request());
    const { eks } = world.sandbox.aws;
    const roleArn = roleOf('late-dual');
    const { length } = eks.associations('payments-prod');
    const filling = Array.from({ length: 5_000 - length }, (_, index) => ({
      namespace: 'full',
      serviceAccount: `account-${index}`,
      roleArn,
    }));
    eks.putAssociations('payments-prod', filling);
    // To describe them all would take the test half a minute
    const associations = andThen(
      facts.associations,
      read =>
        new Map([
          ...read,
          ...filling.map(({ namespace, serviceAccount }) => [
            `${namespace}/${serviceAccount}`,
            { roleArn, disableSessionTags: false, tags: {} },
          ]),
        ] as [string, AssociationOfAccount][]),
    );
    const late = (all: AccessFacts) =>
      judgeAccess(all, world.clock.now()).rows.find(
        ({ ref }) => ref.serviceAccount === 'late-dual',
      );
    expect(late(facts)?.verdict).toBe('ready');
    expect(late({ ...facts, associations })).toMatchObject({
      verdict: 'not-allowed',
      sentence: expect.stringMatching(/^The cluster has 5,000 associations/),
    });
    await expect(byHand.associate('late-dual', roleArn)).rejects.toThrow(
      /ResourceLimitExceeded/,
    );
  });

  it('is not allowed where IAM has no room for the statement', async () => {
    await expect(
      byHand.addStatement('r-full', {
        Effect: 'Allow',
        Principal: { Service: 'pods.eks.amazonaws.com' },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Condition: {
          StringEquals: {
            'aws:RequestTag/eks-cluster-arn':
              'arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod',
            'aws:RequestTag/kubernetes-namespace': 'shop',
            'aws:RequestTag/kubernetes-service-account': 'full',
          },
        },
      }),
    ).rejects.toThrow(/LimitExceeded/);
  });
});
