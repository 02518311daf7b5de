import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { ListOpenIDConnectProvidersCommand } from '@aws-sdk/client-iam';
import {
  AssumeRoleWithWebIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { exportJWK, generateKeyPair, type KeyLike, SignJWT } from 'jose';
import { type Clients, errorOf, sdk } from '../../__testUtils__/clients';
import { type Sandbox, startSandbox } from '../../sandbox';

const URL = 'https://gitlab.example.com';
const PROVIDER = 'arn:aws:iam::111122223333:oidc-provider/gitlab.example.com';
const SUBJECT = 'project_path:acme/payments:ref_type:branch:ref:main';
const StackName = 'issuer';

let sandbox: Sandbox;
let clients: Clients;
let sts: STSClient;
let cloudFormation: CloudFormationClient;
let key: KeyLike;

beforeAll(async () => {
  sandbox = await startSandbox({ scenario: 'empty', clockRate: 0 });
  const pair = await generateKeyPair('RS256');
  key = pair.privateKey;
  const published = await exportJWK(pair.publicKey);
  sandbox.aws.iam.putOidcIssuer({ url: URL, keys: { keys: [published] } });
  const place = { region: sandbox.region, endpoint: sandbox.awsEndpoint };
  clients = sdk(sandbox, sandbox.credentials.admin);
  sts = new STSClient({
    ...place,
    maxAttempts: 1,
    credentials: { accessKeyId: 'unused', secretAccessKey: 'unused' },
  });
  cloudFormation = new CloudFormationClient({
    ...place,
    credentials: sandbox.credentials.admin,
  });
});
afterAll(async () => {
  [clients, sts, cloudFormation].forEach(one => one.destroy());
  await sandbox.stop();
});

const template = (audience = 'sts.amazonaws.com') =>
  JSON.stringify({
    AWSTemplateFormatVersion: '2010-09-09',
    Resources: {
      Issuer: {
        Type: 'AWS::IAM::OIDCProvider',
        Properties: { Url: URL, ClientIdList: [audience] },
      },
    },
  });

const providers = async () =>
  (
    await clients.iam.send(new ListOpenIDConnectProvidersCommand({}))
  ).OpenIDConnectProviderList!.map(({ Arn }) => Arn);

async function assume(claims: Record<string, unknown> = {}, signer = key) {
  const now = Math.floor(Date.now() / 1000);
  const WebIdentityToken = await new SignJWT({
    iss: URL,
    sub: SUBJECT,
    aud: 'sts.amazonaws.com',
    iat: now - 10,
    exp: now + 600,
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256' })
    .sign(signer);
  return sts.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: 'arn:aws:iam::111122223333:role/pipeline',
      RoleSessionName: 'a-run',
      WebIdentityToken,
    }),
  );
}

it('lets a token of an issuer in, for whom a stack makes the provider', async () => {
  sandbox.aws.iam.putRole({
    name: 'pipeline',
    trust: {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { Federated: PROVIDER },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { 'gitlab.example.com:sub': SUBJECT } },
      },
    },
  });
  expect((await errorOf(assume())).message).toBe(
    `No OpenIDConnect provider found in your account for ${URL}`,
  );
  // No capability, unlike that of a role
  await cloudFormation.send(
    new CreateStackCommand({ StackName, TemplateBody: template() }),
  );
  expect(await providers()).toEqual([PROVIDER]);
  expect(await assume()).toMatchObject({
    Provider: PROVIDER,
    Audience: 'sts.amazonaws.com',
    SubjectFromWebIdentityToken: SUBJECT,
  });

  const refused = async (claims: object, signer?: KeyLike) => {
    const { name, message } = await errorOf(assume({ ...claims }, signer));
    return `${name}: ${message}`;
  };
  expect([
    await refused({ sub: `${SUBJECT}2` }),
    await refused({ aud: URL }),
    await refused({ exp: 1_700_000_000 }),
    await refused({}, (await generateKeyPair('RS256')).privateKey),
  ]).toEqual([
    'AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity',
    'InvalidIdentityTokenException: Incorrect token audience',
    expect.stringMatching(/^ExpiredTokenException: /),
    expect.stringMatching(
      /^InvalidIdentityTokenException: Couldn't retrieve verification key/,
    ),
  ]);

  await cloudFormation.send(
    new UpdateStackCommand({ StackName, TemplateBody: template('another') }),
  );
  const { StackEvents } = await cloudFormation.send(
    new DescribeStackEventsCommand({ StackName }),
  );
  expect(StackEvents).toContainEqual(
    expect.objectContaining({
      ResourceStatus: 'UPDATE_FAILED',
      ResourceStatusReason: expect.stringContaining('does not change OpenID'),
    }),
  );
  await cloudFormation.send(new DeleteStackCommand({ StackName }));
  expect(await providers()).toEqual([]);
});
