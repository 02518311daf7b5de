import Ajv from 'ajv';
import { CliWorld } from './__testUtils__/CliWorld';
import { Kubeconfigs } from './__testUtils__/kubeconfigs';

const ON = ['--cluster', 'payments-prod', '--quiet'];
const ROLE = 'arn:aws:iam::111122223333:role/shop-api';

let world: CliWorld;
const kube = () => world.sandbox.cluster('payments-prod');
const move = (subject: string, ...more: string[]) =>
  world.run(['plan', '--move', subject, ...ON, ...more]);
const gate = (subject: string, ...more: string[]) =>
  world.run(['gate', subject, ...ON, ...more]);

beforeAll(async () => {
  world = await CliWorld.start();
  const { aws } = world.sandbox;
  const url = kube().issuer;
  const issuer = url.replace('https://', '');
  const Federated = aws.iam.putOidcProvider({ url });
  aws.iam.putRole({
    name: 'shop-api',
    trust: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: {
              [`${issuer}:sub`]: 'system:serviceaccount:shop:api',
            },
          },
        },
      ],
    },
  });
  const account = (name: string, roleArn: string) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: {
      name,
      namespace: 'shop',
      annotations: { 'eks.amazonaws.com/role-arn': roleArn },
    },
  });
  const labels = { app: 'api' };
  await kube().apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    account('api', ROLE),
    account('gone', `${ROLE}-gone`),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'api', namespace: 'shop' },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: {
          metadata: {
            labels,
            annotations: { 'sandbox.example.com/sdk': 'boto3/1.44.8' },
          },
          spec: {
            serviceAccountName: 'api',
            containers: [{ name: 'app', image: 'registry.example.com/app' }],
          },
        },
      },
    },
  ] as any);
});
afterAll(() => world.stop());

describe('plan --move', () => {
  it('prints every stage with its commands, and the way back', async () => {
    let ended = await move('shop/api');
    // Until AWS has recorded the program
    while (ended.code === 3) {
      await world.sandbox.clock.advance(10_000);
      ended = await move('shop/api');
    }
    const { code, stdout, stderr } = ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^shop\/api: Needs its owner\n {2}Ready to move once/,
    );
    expect(stdout.match(/^\d\. .*$/gm)).toEqual([
      '1. Let Pod Identity use role shop-api beside IRSA (to do, next)',
      '2. Rehearse with a service account that nothing uses (to do)',
      '3. Associate shop/api with role shop-api (to do)',
      '4. Prove that new pods obtain the role by Pod Identity (to do)',
      '5. Restart one workload after the other (to do)',
      '6. Take IRSA out of role shop-api for this service account (to do)',
      '7. Take the annotation of IRSA off (to do)',
    ]);
    expect(stdout).toMatch(/^The way back\n/m);
    expect(stdout).toMatch(
      /^ {7}eks-pod-identity gate shop\/api --cluster payments-prod --region eu-west-1 --road irsa &&$/m,
    );
    expect(stdout).not.toContain('\u001b');
  });

  it('names the cluster of the kubeconfig in its commands', async () => {
    const kubeconfigs = new Kubeconfigs();
    const cluster = 'arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod';
    kubeconfigs.use(
      kubeconfigs.write({ here: { cluster, namespace: 'shop' } }),
    );
    const { code, stdout } = await world.run(['plan', '--move', 'api', '-q']);
    kubeconfigs.end();
    expect(code).toBe(0);
    expect(stdout).toContain(
      'eks-pod-identity gate shop/api --cluster payments-prod --region eu-west-1 --road irsa',
    );
  });

  it('prints JSON of its schema', async () => {
    const { stdout: schema } = await world.run(['schema', 'move']);
    const { stdout } = await move('shop/api', '--output', 'json');
    const validate = new Ajv({ strict: false }).compile(JSON.parse(schema));
    expect(validate(JSON.parse(stdout)) || validate.errors).toBe(true);
    expect(JSON.parse(stdout).move.stages).toHaveLength(7);
  });

  it.each([
    ['shop/gone', [], 1, /^shop\/gone: Broken today\n.*\n\nNo stages/],
    ['shop/api', ['--no-cloudtrail'], 3, /^shop\/api: Cannot tell\n/],
    ['payments/payments-ledger', [], 0, /: Nothing to move\n/],
  ])('moves nothing of %s %j', async (subject, more, code, said) => {
    const ended = await move(subject, ...more);
    expect([ended.code, ended.stderr]).toEqual([code, '']);
    expect(ended.stdout).toMatch(said);
  });

  it.each<[string[], number, RegExp]>([
    [['plan', '--move', 'shop/nobody', ...ON], 4, /there is nothing to move/],
    [['plan', '--move', 'shop', ...ON], 2, /write NAMESPACE\/NAME/],
    [['plan', ...ON], 2, /A plan of what\?/],
    [['plan', 'x.yaml', '--move', 'shop/api', ...ON], 2, /A plan of what\?/],
  ])('says what is wrong with %j', async (argv, code, said) => {
    const ended = await world.run(argv);
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect(ended.stderr).toMatch(said);
  });
});

describe('gate', () => {
  it('passes by the road that new pods are given', async () => {
    expect(await gate('payments/payments-ledger')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^New pods receive the identity from every/,
      ),
    });
    expect(await gate('shop/api', '--road', 'irsa')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^New pods receive the role of IRSA from/),
    });
  });

  it.each([
    ['payments/payments-ledger', 'irsa', /do not receive the role of IRSA; /],
    ['shop/api', 'pod-identity', /still do not receive the identity \(/],
  ])('ends with 1 for %s by %s', async (subject, road, said) => {
    const { code, stdout } = await gate(
      subject,
      ...['--road', road, '--timeout', '1'],
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(said);
  });

  it('ends with 3 where it cannot tell', async () => {
    const { code, stdout } = await gate('shop/absent', '--timeout', '1');
    expect(code).toBe(3);
    expect(stdout).toMatch(/cannot be told/);
  });
});
