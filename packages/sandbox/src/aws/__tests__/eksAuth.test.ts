import { Sha256 } from '@aws-crypto/sha256-js';
import { CreateAddonCommand, DescribeAddonCommand } from '@aws-sdk/client-eks';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import {
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { SignatureV4 } from '@smithy/signature-v4';
import { AwsSide, createAwsSide } from '..';
import { ClusterKey, PodIdentityAnswer } from '../../core/contract';
import { Core, createCore } from '../../core/core';
import {
  MAIN_ACCOUNT,
  MAIN_REGION,
  SandboxCredentials,
  seedAccounts,
  seedNodeRole,
} from '../../seed/accounts';
import {
  TokenClaims,
  createTokenIssuer,
} from '../../__testUtils__/tokenIssuer';
import { Keys, errorOf, sdk } from '../../__testUtils__/clients';
import { AwsDirect } from '../direct';
import { POD_IDENTITY_TRUST, serviceTrust } from '../direct/iam';
import { kubernetesBridge } from '../kubernetesBridge';
import { PolicyDocument, Statement } from '../policy/document';
import { AssociationRecord } from '../state/types';

const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
const CLUSTER = 'orders-production';
const CLUSTER_ARN = `arn:aws:eks:${MAIN_REGION}:${MAIN_ACCOUNT}:cluster/${CLUSTER}`;
const UNAUTHORIZED =
  'Unauthorized Exception! EKS does not have permissions to assume the associated role.';
const who = { namespace: 'shop', serviceAccount: 'cart' };

let core: Core;
let side: AwsSide;
let aws: AwsDirect;
let credentials: SandboxCredentials;
let issuer: Awaited<ReturnType<typeof createTokenIssuer>>;
let key: ClusterKey;
let nodeRoleArn: string;
let endpoint: string;

beforeAll(async () => {
  issuer = await createTokenIssuer();
});

beforeEach(async () => {
  core = createCore({ clockRate: 0 });
  side = createAwsSide(core, async () => undefined);
  side.world.kubernetes = issuer.kubernetes;
  aws = new AwsDirect(side.world, MAIN_ACCOUNT, MAIN_REGION);
  credentials = seedAccounts(aws);
  nodeRoleArn = seedNodeRole(aws, 'nodes');
  aws.eks.putCluster({ name: CLUSTER });
  key = aws.eks.key(CLUSTER);
  endpoint = `http://127.0.0.1:${await side.server.listen(0)}`;
  side.world.endpointUrl = endpoint;
});
afterEach(() => side.server.close());

const bridge = () => kubernetesBridge(side.world);

async function ask(
  claims: Partial<TokenClaims> = {},
): Promise<PodIdentityAnswer> {
  return bridge().assumeRoleForPodIdentity(key, {
    nodeRoleArn,
    instanceId: 'i-0b64a233926c6200c',
    token: await issuer.token(key, { ...who, ...claims }),
  });
}

function associate(
  role: Omit<Parameters<AwsDirect['iam']['putRole']>[0], 'name'> = {},
  more: Partial<AssociationRecord> = {},
) {
  const { arn } = aws.iam.putRole({ name: 'cart', path: '/apps/', ...role });
  return aws.eks.putAssociation(CLUSTER, { ...who, roleArn: arn, ...more });
}

function keysOf(answer: PodIdentityAnswer): Keys {
  if (!answer.ok) {
    throw new Error(`${answer.code}: ${answer.message}`);
  }
  return answer.credentials;
}

async function identity(keys: Keys) {
  const { sts, destroy } = sdk(
    { awsEndpoint: endpoint, region: MAIN_REGION },
    keys,
  );
  const found = await sts.send(new GetCallerIdentityCommand({}));
  destroy();
  return found;
}

async function listBuckets(keys: Keys): Promise<string> {
  const { s3, destroy } = sdk(
    { awsEndpoint: endpoint, region: MAIN_REGION },
    keys,
  );
  try {
    const { Buckets } = await s3.send(new ListBucketsCommand({}));
    return `${Buckets!.length} buckets`;
  } catch (error) {
    return (error as Error).message;
  } finally {
    destroy();
  }
}

const podTrust = (
  condition?: Statement['Condition'],
  actions = ['sts:AssumeRole', 'sts:TagSession'],
): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Principal: { Service: 'pods.eks.amazonaws.com' },
    Action: actions,
    Condition: condition,
  },
});

describe('a pod with an association', () => {
  it('gets the role under a session name of cluster, pod and a random part', async () => {
    associate({ attached: [S3] });
    const answer = await ask({ podName: 'cart-7d9c5b-abcde' });
    const { Arn, UserId } = await identity(keysOf(answer));
    expect(Arn).toMatch(
      /^arn:aws:sts::111122223333:assumed-role\/cart\/eks-orders-pro-cart-7d9c5-[0-9a-f]{8}-[0-9a-f-]{27}$/,
    );
    expect(UserId).toBe(
      `${aws.iam.role('arn:aws:iam::111122223333:role/apps/cart').roleId}:${
        Arn!.split('/')[2]
      }`,
    );
    expect(await listBuckets(keysOf(answer))).toBe('3 buckets');
    const life =
      (
        answer as { credentials: { expiration: Date } }
      ).credentials.expiration.getTime() - Date.now();
    expect(life).toBeGreaterThan(5.9 * 3_600_000);
  });

  it('carries six tags, which trust and permission policies can require', async () => {
    associate({
      trust: podTrust({
        StringEquals: {
          'aws:RequestTag/eks-cluster-arn': CLUSTER_ARN,
          'aws:RequestTag/eks-cluster-name': CLUSTER,
          'aws:RequestTag/kubernetes-namespace': 'shop',
          'aws:RequestTag/kubernetes-service-account': 'cart',
          'aws:RequestTag/kubernetes-pod-name': 'app-6c9f-x2x2x',
          'aws:RequestTag/kubernetes-pod-uid': 'pod-uid',
        },
      }),
      inline: {
        own: {
          Version: '2012-10-17',
          Statement: {
            Effect: 'Allow',
            Action: 's3:ListAllMyBuckets',
            Resource: '*',
            Condition: {
              StringEquals: {
                'aws:PrincipalTag/kubernetes-namespace':
                  '${aws:PrincipalTag/kubernetes-namespace}',
                'aws:PrincipalTag/eks-cluster-name': CLUSTER,
              },
            },
          },
        },
      },
    });
    expect(await listBuckets(keysOf(await ask()))).toBe('3 buckets');
  });

  it('is restricted by the session policy of the association', async () => {
    const policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' },
    });
    associate({ attached: [S3] }, { policy, disableSessionTags: true });
    expect(await listBuckets(keysOf(await ask()))).toContain(
      'because no session policy allows the s3:ListAllMyBuckets action',
    );
  });

  it('is counted as a call by the sandbox itself', async () => {
    associate();
    await ask();
    await ask({ serviceAccount: 'other' });
    expect(core.calls.calls()).toMatchObject([
      { service: 'eks-auth', status: 200, internal: true, cluster: CLUSTER },
      { service: 'eks-auth', status: 404, internal: true },
    ]);
  });
});

describe('a pod that is refused', () => {
  const refusal = async (claims?: Partial<TokenClaims>) => {
    const answer = await ask(claims);
    return answer.ok
      ? 'granted'
      : [answer.statusCode, answer.code, answer.message];
  };

  it('because its service account has no association', async () => {
    associate();
    const none = [
      404,
      'ResourceNotFoundException',
      'The token included in the request has no service account role association for it.',
    ];
    expect(await refusal({ serviceAccount: 'cart-2' })).toEqual(none);
    expect(await refusal({ namespace: 'sho' })).toEqual(none);
  });

  const otherNamespace = {
    StringEquals: { 'aws:RequestTag/kubernetes-namespace': 'other' },
  };
  const ownNamespace = {
    StringEquals: { 'aws:RequestTag/kubernetes-namespace': 'shop' },
  };
  const denying: PolicyDocument = {
    Version: '2012-10-17',
    Statement: [
      podTrust().Statement as Statement,
      { Effect: 'Deny', Principal: '*', Action: 'sts:TagSession' },
    ],
  };

  it.each<[string, PolicyDocument, boolean]>([
    ['does not name Pod Identity', serviceTrust('ec2.amazonaws.com'), false],
    ['lacks sts:TagSession', podTrust(undefined, ['sts:AssumeRole']), false],
    ['requires another namespace', podTrust(otherNamespace), false],
    ['requires a tag while tags are off', podTrust(ownNamespace), true],
    ['denies', denying, false],
  ])(
    'because the trust policy %s',
    async (_name, trust, disableSessionTags) => {
      associate({ trust }, { disableSessionTags });
      expect(await refusal()).toEqual([
        400,
        'AccessDeniedException',
        UNAUTHORIZED,
      ]);
    },
  );

  it('not for a missing sts:TagSession while tags are off', async () => {
    associate(
      { trust: podTrust(undefined, ['sts:AssumeRole']) },
      { disableSessionTags: true },
    );
    expect(await refusal()).toBe('granted');
  });

  it('because the role was deleted', async () => {
    const { roleArn } = associate();
    aws.iam.deleteRole(roleArn);
    expect(await refusal()).toEqual([
      400,
      'AccessDeniedException',
      UNAUTHORIZED,
    ]);
  });

  it("because its node's role is not allowed to call EKS Auth", async () => {
    associate();
    nodeRoleArn = seedNodeRole(aws, 'old-nodes', [
      'arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy',
    ]);
    expect(await refusal()).toEqual([
      400,
      'AccessDeniedException',
      `User: arn:aws:sts::111122223333:assumed-role/old-nodes/i-0b64a233926c6200c is not authorized to perform: eks-auth:AssumeRoleForPodIdentity on resource: ${CLUSTER_ARN} because no identity-based policy allows the eks-auth:AssumeRoleForPodIdentity action`,
    ]);
  });

  it.each<[string, Partial<TokenClaims>, string]>([
    ['has expired', { expiresIn: -60 }, 'ExpiredTokenException'],
    [
      'comes from another cluster',
      { issuer: 'https://oidc.example/id/other' },
      'InvalidTokenException',
    ],
    [
      'is for another audience',
      { audience: 'sts.amazonaws.com' },
      'InvalidTokenException',
    ],
  ])('because its token %s', async (_name, claims, code) => {
    associate();
    expect((await refusal(claims))[1]).toBe(code);
  });

  it('because its session would be too large', async () => {
    associate({}, {});
    const podName = 'p'.repeat(2_000);
    expect(await refusal({ podName })).toEqual([
      400,
      'InvalidRequestException',
      expect.stringMatching(
        /^Packed size of session tags consumes \d+% of allotted space\.$/,
      ),
    ]);
  });
});

describe('time', () => {
  it('passes before EKS Auth sees an association, its change and its deletion', async () => {
    core.delays.eksAuth = 3_000;
    const roleOf = async () => {
      const answer = await ask();
      return answer.ok
        ? (await identity(answer.credentials)).Arn!.split('/')[1]
        : answer.statusCode;
    };
    const { associationId } = associate();
    expect(await roleOf()).toBe(404);
    await core.clock.advance(3_000);
    expect(await roleOf()).toBe('cart');
    const other = aws.iam.putRole({ name: 'other' });
    aws.eks.updateAssociation(CLUSTER, associationId, { roleArn: other.arn });
    expect(await roleOf()).toBe('cart');
    await core.clock.advance(3_000);
    expect(await roleOf()).toBe('other');
    aws.eks.deleteAssociation(CLUSTER, associationId);
    expect(await roleOf()).toBe('other');
    await core.clock.advance(3_000);
    expect(await roleOf()).toBe(404);
  });

  it('passes before EKS Auth sees a repaired trust policy', async () => {
    const { roleArn } = associate({ trust: serviceTrust('ec2.amazonaws.com') });
    core.delays.iam = 5_000;
    aws.iam.updateRole(roleArn, { trust: POD_IDENTITY_TRUST });
    expect((await ask()).ok).toBe(false);
    await core.clock.advance(5_000);
    expect((await ask()).ok).toBe(true);
  });

  it('passes before each webhook has an association in its file', async () => {
    core.delays.association = 6_000;
    core.delays.apiServerLag = 2_000;
    const injects = () =>
      [0, 1, 2].map(n => bridge().webhookIdentities(key, n).length);
    const { associationId } = associate();
    expect(injects()).toEqual([0, 0, 0]);
    await core.clock.advance(6_000);
    expect(injects()).toEqual([1, 0, 0]);
    await core.clock.advance(2_000);
    expect(injects()).toEqual([1, 1, 0]);
    await core.clock.advance(2_000);
    expect(injects()).toEqual([1, 1, 1]);
    expect(bridge().webhookIdentities(key, 2)).toEqual([who]);
    aws.eks.deleteAssociation(CLUSTER, associationId);
    expect(injects()).toEqual([1, 1, 1]);
    await core.clock.advance(6_000);
    expect(injects()).toEqual([0, 1, 1]);
  });
});

describe('a target role', () => {
  const targetName = 'lake-reader';
  const targetArn = `arn:aws:iam::444455556666:role/data/${targetName}`;
  const pass = {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow' as const,
      Action: ['sts:AssumeRole', 'sts:TagSession'],
      Resource: targetArn,
    },
  };
  const target = (condition?: Statement['Condition']) =>
    aws.iam.putRole({
      accountId: '444455556666',
      name: targetName,
      path: '/data/',
      attached: [S3],
      trust: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: 'arn:aws:iam::111122223333:root' },
            Action: 'sts:AssumeRole',
            Condition: {
              ArnEquals: {
                'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/apps/cart',
              },
              ...condition,
            },
          },
          {
            Effect: 'Allow',
            Principal: { AWS: 'arn:aws:iam::111122223333:root' },
            Action: 'sts:TagSession',
          },
        ],
      },
    });

  it('in another account is what the pod gets, for an hour', async () => {
    target({
      StringEquals: { 'aws:RequestTag/kubernetes-namespace': 'shop' },
    });
    associate({ inline: { pass } }, { targetRoleArn: targetArn });
    const answer = await ask();
    const { Arn, Account } = await identity(keysOf(answer));
    expect(Account).toBe('444455556666');
    expect(Arn).toMatch(
      /^arn:aws:sts::444455556666:assumed-role\/lake-reader\/eks-orders-pro-/,
    );
    expect(await listBuckets(keysOf(answer))).toBe('1 buckets');
    const { expiration } = (answer as { credentials: { expiration: Date } })
      .credentials;
    // wall time: a pause only makes it less
    expect(expiration.getTime() - Date.now()).toBeLessThanOrEqual(3_600_000);
  });

  it('can require the external ID of an association without tags', async () => {
    target({
      StringEquals: {
        'sts:ExternalId': `eu-west-1/111122223333/${CLUSTER}/shop/cart`,
      },
    });
    associate(
      { inline: { pass } },
      { targetRoleArn: targetArn, disableSessionTags: true },
    );
    expect((await ask()).ok).toBe(true);
  });

  it.each<[string, () => void]>([
    [
      'the first role is not allowed to assume it',
      () => {
        target();
        associate({}, { targetRoleArn: targetArn });
      },
    ],
    [
      'it does not trust the first role',
      () => {
        target({ StringEquals: { 'sts:ExternalId': 'other' } });
        associate({ inline: { pass } }, { targetRoleArn: targetArn });
      },
    ],
    [
      'it does not exist',
      () => {
        associate({ inline: { pass } }, { targetRoleArn: targetArn });
      },
    ],
  ])('is refused when %s', async (_name, prepare) => {
    prepare();
    expect(await ask()).toMatchObject({
      ok: false,
      statusCode: 400,
      code: 'AccessDeniedException',
      message: UNAUTHORIZED,
    });
  });

  it('is what the session policy restricts', async () => {
    target();
    associate(
      { inline: { pass } },
      {
        targetRoleArn: targetArn,
        disableSessionTags: true,
        policy: JSON.stringify({
          Version: '2012-10-17',
          Statement: { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' },
        }),
      },
    );
    expect(await listBuckets(keysOf(await ask()))).toContain(
      'no session policy allows',
    );
  });
});

describe('a pod with IRSA', () => {
  const audience = 'sts.amazonaws.com';
  const issuerUrl = () => issuer.kubernetes.issuer(key);
  const host = () => issuerUrl().replace('https://', '');
  function irsaRole(subject: string, further: Statement['Condition'] = {}) {
    return aws.iam.putRole({
      name: 'irsa',
      attached: [S3],
      trust: {
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Principal: {
            Federated: `arn:aws:iam::111122223333:oidc-provider/${host()}`,
          },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: {
              [`${host()}:sub`]: subject,
              [`${host()}:aud`]: audience,
            },
            ...further,
          },
        },
      },
    }).arn;
  }
  async function assume(RoleArn: string, claims: Partial<TokenClaims> = {}) {
    const sts = new STSClient({
      region: MAIN_REGION,
      endpoint,
      maxAttempts: 1,
      credentials: { accessKeyId: 'unused', secretAccessKey: 'unused' },
    });
    try {
      const { Credentials } = await sts.send(
        new AssumeRoleWithWebIdentityCommand({
          RoleArn,
          RoleSessionName: 'botocore-session-1',
          WebIdentityToken: await issuer.token(key, {
            ...who,
            audience,
            ...claims,
          }),
        }),
      );
      return {
        accessKeyId: Credentials!.AccessKeyId!,
        secretAccessKey: Credentials!.SecretAccessKey!,
        sessionToken: Credentials!.SessionToken!,
      };
    } finally {
      sts.destroy();
    }
  }

  it('gets its role with its token alone', async () => {
    aws.iam.putOidcProvider({ url: issuerUrl() });
    const keys = await assume(irsaRole('system:serviceaccount:shop:cart'));
    expect((await identity(keys)).Arn).toBe(
      'arn:aws:sts::111122223333:assumed-role/irsa/botocore-session-1',
    );
    expect(await listBuckets(keys)).toBe('3 buckets');
  });

  it('is held to where it calls from', async () => {
    const subject = 'system:serviceaccount:shop:cart';
    aws.iam.putOidcProvider({ url: issuerUrl() });
    const { vpcId } = aws.eks.cluster(CLUSTER).vpc;
    const byAddress = { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } };
    const byVpc = {
      StringEquals: { [`${host()}:sub`]: subject, 'aws:SourceVpc': vpcId },
    };
    const tries = async (condition: Statement['Condition']) =>
      assume(irsaRole(subject, condition)).then(
        () => 'in',
        error => error.name,
      );
    expect(await tries(byAddress)).toBe('in');
    expect(await tries(byVpc)).toBe('AccessDenied');
    expect(
      await tries({ IpAddress: { 'aws:SourceIp': '198.51.100.0/24' } }),
    ).toBe('AccessDenied');
    expect(await tries({ Bool: { 'aws:SecureTransport': 'true' } })).toBe('in');
    aws.ec2.putVpcEndpoint({
      cluster: CLUSTER,
      service: 'sts',
    });
    expect(await tries(byAddress)).toBe('AccessDenied');
    expect(await tries(byVpc)).toBe('in');
  });

  it("is refused with STS's own errors", async () => {
    const role = irsaRole('system:serviceaccount:shop:other');
    const noProvider = await errorOf(assume(role));
    expect([noProvider.name, noProvider.message]).toEqual([
      'InvalidIdentityTokenException',
      `No OpenIDConnect provider found in your account for ${issuerUrl()}`,
    ]);
    aws.iam.putOidcProvider({ url: issuerUrl() });
    const otherSubject = await errorOf(assume(role));
    expect([otherSubject.name, otherSubject.message]).toEqual([
      'AccessDenied',
      'Not authorized to perform sts:AssumeRoleWithWebIdentity',
    ]);
    const otherAudience = await errorOf(
      assume(role, { audience: 'pods.eks.amazonaws.com' }),
    );
    expect(otherAudience.message).toBe('Incorrect token audience');
    const expired = await errorOf(assume(role, { expiresIn: -60 }));
    expect(expired.name).toBe('ExpiredTokenException');
  });
});

describe('the HTTP API of EKS Auth', () => {
  async function post(keys: Keys, token: string) {
    const url = new URL(endpoint);
    const body = JSON.stringify({ token });
    const path = `/clusters/${CLUSTER}/assume-role-for-pod-identity`;
    const { headers } = await new SignatureV4({
      service: 'eks-auth',
      region: MAIN_REGION,
      credentials: keys,
      sha256: Sha256,
    }).sign({
      method: 'POST',
      protocol: 'http:',
      hostname: url.hostname,
      path,
      query: {},
      headers: { host: url.host, 'content-type': 'application/json' },
      body,
    });
    const response = await fetch(`${endpoint}${path}`, {
      method: 'POST',
      headers,
      body,
    });
    return {
      status: response.status,
      type: response.headers.get('x-amzn-errortype'),
      body: await response.json(),
    };
  }

  it('returns credentials and their role to a node', async () => {
    const association = associate();
    const node = await bridge().instanceRoleCredentials(
      nodeRoleArn,
      'i-0123456789abcdef0',
    );
    const token = await issuer.token(key, who);
    const { status, body } = await post(node, token);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      subject: who,
      audience: 'pods.eks.amazonaws.com',
      podIdentityAssociation: {
        associationId: association.associationId,
        associationArn: association.associationArn,
      },
      assumedRoleUser: {
        arn: expect.stringMatching(/assumed-role\/cart\/eks-orders-pro-/),
      },
    });
    expect((await identity(body.credentials)).Arn).toBe(
      body.assumedRoleUser.arn,
    );
  });

  it('refuses callers that are not nodes', async () => {
    associate();
    const token = await issuer.token(key, who);
    const { status, type, body } = await post(credentials.nobody, token);
    expect([status, type]).toEqual([400, 'AccessDeniedException']);
    expect(body.message).toContain('eks-auth:AssumeRoleForPodIdentity');
  });
});

describe('the agent add-on', () => {
  it('is installed when it becomes active, unless the cluster runs its own agent', async () => {
    const admin = sdk(
      { awsEndpoint: endpoint, region: MAIN_REGION },
      credentials.admin,
    );
    const name = { clusterName: CLUSTER, addonName: 'eks-pod-identity-agent' };
    core.delays.addon = 5_000;
    issuer.setSelfManagedAgent(true);
    await admin.eks.send(new CreateAddonCommand(name));
    await core.clock.advance(5_000);
    const failed = await admin.eks.send(new DescribeAddonCommand(name));
    expect(failed.addon).toMatchObject({
      status: 'CREATE_FAILED',
      health: { issues: [{ code: 'ConfigurationConflict' }] },
    });
    expect(issuer.installed).toEqual([]);
    aws.eks.cluster(CLUSTER).addons.clear();
    await admin.eks.send(
      new CreateAddonCommand({ ...name, resolveConflicts: 'OVERWRITE' }),
    );
    await core.clock.advance(5_000);
    expect(issuer.installed).toEqual([
      expect.stringMatching(
        /^orders-production v1\.3\.\d+-eksbuild\.\d+ kube-system$/,
      ),
    ]);
    issuer.setSelfManagedAgent(false);
    admin.destroy();
  });
});
