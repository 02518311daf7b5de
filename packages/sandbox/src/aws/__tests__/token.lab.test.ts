/** @needs aws */
import { createAwsSide, AwsSide } from '..';
import { ClusterKey } from '../../core/contract';
import { createCore } from '../../core/core';
import {
  MAIN_ACCOUNT,
  MAIN_REGION,
  SandboxCredentials,
  seedAccounts,
} from '../../seed/accounts';
import { AwsCli } from '../../__testUtils__/clients';
import { TokenSignature, signToken } from '../../__testUtils__/kubernetesToken';
import { AwsDirect } from '../direct';
import { kubernetesBridge } from '../kubernetesBridge';

const NAME = 'payments-prod';
let side: AwsSide;
let aws: AwsDirect;
let credentials: SandboxCredentials;
let key: ClusterKey;

beforeAll(async () => {
  side = createAwsSide(createCore({ clockRate: 0 }), async () => undefined);
  aws = new AwsDirect(side.world, MAIN_ACCOUNT, MAIN_REGION);
  credentials = seedAccounts(aws);
  aws.eks.putCluster({ name: NAME });
  aws.eks.putCluster({ name: 'other' });
  key = aws.eks.key(NAME);
  side.world.endpointUrl = `http://127.0.0.1:${await side.server.listen(0)}`;
});
afterAll(() => side.server.close());

const check = (token: string, cluster = key) =>
  kubernetesBridge(side.world).authenticateToken(cluster, token);

const signed = (options: Partial<TokenSignature> = {}) =>
  signToken({
    keys: credentials.admin,
    region: MAIN_REGION,
    cluster: NAME,
    ...options,
  });

describe('a token for the Kubernetes API', () => {
  it('identifies its signer', async () => {
    expect(await check(await signed())).toEqual({
      accountId: MAIN_ACCOUNT,
      arn: credentials.admin.arn,
      principalArn: credentials.admin.arn,
      userId: expect.stringMatching(/^AIDA/),
    });
    const session = aws.iam.sessionOf({ roleArn: credentials.roles.verify });
    expect(await check(await signed({ keys: session }))).toMatchObject({
      arn: 'arn:aws:sts::111122223333:assumed-role/backstage-eks-verify/sandbox',
      principalArn: credentials.roles.verify,
    });
  });

  it('is accepted when made by the real aws', async () => {
    const cli = new AwsCli(
      { awsEndpoint: side.world.endpointUrl, region: MAIN_REGION },
      credentials.admin,
    );
    const make = async (env?: Record<string, string>) =>
      JSON.parse(
        await cli.ok(
          ['eks', 'get-token', '--cluster-name', NAME, '--output', 'json'],
          env,
        ),
      ).status.token;
    const local = await make();
    expect(await check(local)).toMatchObject({ arn: credentials.admin.arn });
    expect(await check(local, aws.eks.key('other'))).toBeUndefined();
    const real = await make({ AWS_ENDPOINT_URL: '' });
    expect(await check(real)).toMatchObject({ arn: credentials.admin.arn });
    cli.remove();
  });

  it.each([0, 60, 900])('is valid with an expiry of %p s', async expiresIn => {
    expect(await check(await signed({ expiresIn }))).toBeDefined();
  });

  it('is valid for 14 minutes but not for 16, whatever its URL says', async () => {
    expect(await check(await signed({ age: 14 * 60_000 }))).toBeDefined();
    expect(await check(await signed({ age: 16 * 60_000 }))).toBeUndefined();
  });

  it.each<[string, () => Promise<string>]>([
    ['no token', async () => 'nonsense'],
    [
      'no URL',
      async () => `k8s-aws-v1.${Buffer.from('x').toString('base64url')}`,
    ],
    ['signed for another cluster', () => signed({ cluster: 'other' })],
    ['signed for another host', () => signed({ host: 'sts.evil.example' })],
    [
      'signed for a look-alike host',
      () => signed({ host: 'sts.eu-west-1.amazonaws.com.evil.example' }),
    ],
    ['signed for plain HTTP', () => signed({ protocol: 'http:' })],
    ['another action', () => signed({ action: 'AssumeRole' })],
    ['signed with too long an expiry', () => signed({ expiresIn: 901 })],
    [
      'signed with another secret',
      () => signed({ keys: { ...credentials.admin, secretAccessKey: 'x' } }),
    ],
    [
      'signed with an unknown key',
      () =>
        signed({
          keys: { accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey: 'x' },
        }),
    ],
    [
      'given another parameter',
      () => signed({ extra: { 'X-Amz-Extra': '1' } }),
    ],
    ['changed afterwards', () => signed({ extra: { 'X-Amz-Expires': '61' } })],
    [
      'longer than 4096 bytes',
      async () => `${await signed()}${'A'.repeat(4_000)}`,
    ],
  ])('is refused when it is %s', async (_name, make) => {
    expect(await check(await make())).toBeUndefined();
  });

  it('is refused when its session has expired', async () => {
    const session = aws.iam.sessionOf({ roleArn: credentials.roles.read });
    const token = await signed({ keys: session });
    aws.iam.expireSession(session.accessKeyId);
    expect(await check(token)).toBeUndefined();
  });
});
