import { CreateRoleCommand } from '@aws-sdk/client-iam';
import {
  AssumeRoleCommand,
  AssumeRoleCommandInput,
  GetCallerIdentityCommand,
} from '@aws-sdk/client-sts';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { PolicyDocument } from '../policy/document';
import { Sandbox, startSandbox } from '../../sandbox';
import { Clients, Keys, errorOf, sdk } from '../../__testUtils__/clients';

let sandbox: Sandbox;
let opened: Clients[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({ scenario: 'empty', clockRate: 0 });
});
beforeEach(() => sandbox.reset());
afterEach(() => {
  opened.forEach(clients => clients.destroy());
  opened = [];
});
afterAll(() => sandbox.stop());

function as(keys: Keys) {
  const clients = sdk(sandbox, keys);
  opened.push(clients);
  return clients;
}

const trustOf = (
  principal: string,
  condition?: object,
  actions: string | string[] = 'sts:AssumeRole',
): PolicyDocument =>
  ({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: principal },
        Action: actions,
        Condition: condition,
      },
    ],
  } as PolicyDocument);

async function assume(
  keys: Keys,
  input: Partial<AssumeRoleCommandInput> & { RoleArn: string },
) {
  const { Credentials, ...rest } = await as(keys).sts.send(
    new AssumeRoleCommand({ RoleSessionName: 'test', ...input }),
  );
  return {
    ...rest,
    keys: {
      accessKeyId: Credentials!.AccessKeyId!,
      secretAccessKey: Credentials!.SecretAccessKey!,
      sessionToken: Credentials!.SessionToken!,
    },
    expiration: Credentials!.Expiration!,
  };
}

describe('AssumeRole', () => {
  it('gives the portal its roles, without the path in the session ARN', async () => {
    const { backstage, roles } = sandbox.credentials;
    const session = await assume(backstage, {
      RoleArn: roles.write,
      DurationSeconds: 900,
    });
    const arn =
      'arn:aws:sts::111122223333:assumed-role/backstage-eks-write/test';
    expect(session.AssumedRoleUser?.Arn).toBe(arn);
    const life = session.expiration.getTime() - Date.now();
    expect(life).toBeGreaterThan(890_000);
    expect(life).toBeLessThanOrEqual(900_000);
    const identity = await as(session.keys).sts.send(
      new GetCallerIdentityCommand({}),
    );
    expect(identity).toMatchObject({
      Arn: arn,
      UserId: session.AssumedRoleUser?.AssumedRoleId,
      Account: '111122223333',
    });
    expect(identity.UserId).toMatch(/^AROA[A-Z2-7]{17}:test$/);
  });

  it('refuses callers the trust policy does not name, without saying why', async () => {
    const { nobody, roles } = sandbox.credentials;
    const error = await errorOf(assume(nobody, { RoleArn: roles.read }));
    expect(error.name).toBe('AccessDenied');
    expect(error.$metadata.httpStatusCode).toBe(403);
    expect(error.message).toBe(
      `User: ${nobody.arn} is not authorized to perform: sts:AssumeRole on resource: ${roles.read}`,
    );
    const missing = 'arn:aws:iam::111122223333:role/none';
    expect(
      (await errorOf(assume(nobody, { RoleArn: missing }))).message,
    ).toContain(`on resource: ${missing}`);
  });

  it('needs both sides across accounts, and only the trust policy within one', async () => {
    const { nobody, admin, backstage } = sandbox.credentials;
    const here = sandbox.aws.iam.putRole({
      name: 'here',
      trust: trustOf(nobody.arn),
    });
    await assume(nobody, { RoleArn: here.arn });
    const viaAccount = sandbox.aws.iam.putRole({
      name: 'via-account',
      trust: trustOf('arn:aws:iam::111122223333:root'),
    });
    expect(
      (await errorOf(assume(nobody, { RoleArn: viaAccount.arn }))).name,
    ).toBe('AccessDenied');
    await assume(admin, { RoleArn: viaAccount.arn });
    const there = sandbox.aws.iam.putRole({
      accountId: '444455556666',
      name: 'there',
      trust: trustOf(backstage.arn),
    });
    expect(
      (await errorOf(assume(backstage, { RoleArn: there.arn }))).name,
    ).toBe('AccessDenied');
    sandbox.aws.iam.updateRole(there.arn, { trust: trustOf(admin.arn) });
    const session = await assume(admin, { RoleArn: there.arn });
    expect(session.AssumedRoleUser?.Arn).toBe(
      'arn:aws:sts::444455556666:assumed-role/there/test',
    );
  });

  it('checks the external id', async () => {
    const { admin } = sandbox.credentials;
    const role = sandbox.aws.iam.putRole({
      name: 'guarded',
      trust: trustOf(admin.arn, {
        StringEquals: { 'sts:ExternalId': 'eu-west-1/1/c/ns/sa' },
      }),
    });
    const RoleArn = role.arn;
    expect((await errorOf(assume(admin, { RoleArn }))).name).toBe(
      'AccessDenied',
    );
    expect(
      (await errorOf(assume(admin, { RoleArn, ExternalId: 'other' }))).name,
    ).toBe('AccessDenied');
    await assume(admin, { RoleArn, ExternalId: 'eu-west-1/1/c/ns/sa' });
  });

  it('needs sts:TagSession for tags, which policies can then require', async () => {
    const { admin } = sandbox.credentials;
    const Tags = [{ Key: 'team', Value: 'payments' }];
    const untagged = sandbox.aws.iam.putRole({
      name: 'untagged',
      trust: trustOf(admin.arn),
    });
    const refused = await errorOf(
      assume(admin, { RoleArn: untagged.arn, Tags }),
    );
    expect(refused.message).toContain('sts:TagSession');
    const tagged = sandbox.aws.iam.putRole({
      name: 'tagged',
      trust: trustOf(admin.arn, undefined, [
        'sts:AssumeRole',
        'sts:TagSession',
      ]),
      inline: {
        byTag: {
          Version: '2012-10-17',
          Statement: {
            Effect: 'Allow',
            Action: 's3:ListAllMyBuckets',
            Resource: '*',
            Condition: {
              StringEquals: { 'aws:PrincipalTag/team': 'payments' },
            },
          },
        },
      },
    });
    const RoleArn = tagged.arn;
    const list = async (keys: Keys) =>
      as(keys).s3.send(new ListBucketsCommand({}));
    const right = await assume(admin, { RoleArn, Tags });
    expect((await list(right.keys)).Buckets?.length).toBeGreaterThan(0);
    const without = await assume(admin, { RoleArn });
    expect((await errorOf(list(without.keys))).name).toBe('AccessDenied');
  });

  it('keeps transitive tags through a chain and refuses to change them', async () => {
    const { admin } = sandbox.credentials;
    const actions = ['sts:AssumeRole', 'sts:TagSession'];
    const first = sandbox.aws.iam.putRole({
      name: 'first',
      trust: trustOf(admin.arn, undefined, actions),
    });
    const second = sandbox.aws.iam.putRole({
      name: 'second',
      trust: trustOf(
        first.arn,
        { StringEquals: { 'aws:RequestTag/team': 'payments' } },
        actions,
      ),
    });
    const session = await assume(admin, {
      RoleArn: first.arn,
      Tags: [{ Key: 'team', Value: 'payments' }],
      TransitiveTagKeys: ['team'],
    });
    await assume(session.keys, { RoleArn: second.arn });
    const error = await errorOf(
      assume(session.keys, {
        RoleArn: second.arn,
        Tags: [{ Key: 'team', Value: 'other' }],
      }),
    );
    expect(error.name).toBe('InvalidParameterValue');
    const long = await errorOf(
      assume(session.keys, { RoleArn: second.arn, DurationSeconds: 7200 }),
    );
    expect(long.message).toBe(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    );
  });

  it('narrows the session by its session policy', async () => {
    const { admin } = sandbox.credentials;
    const role = sandbox.aws.iam.putRole({
      name: 'wide',
      trust: trustOf(admin.arn),
      attached: ['arn:aws:iam::aws:policy/AmazonS3FullAccess'],
    });
    const session = await assume(admin, {
      RoleArn: role.arn,
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }],
      }),
    });
    const error = await errorOf(
      as(session.keys).s3.send(new ListBucketsCommand({})),
    );
    expect(error.message).toBe(
      'User: arn:aws:sts::111122223333:assumed-role/wide/test is not authorized to perform: s3:ListAllMyBuckets because no session policy allows the s3:ListAllMyBuckets action',
    );
  });

  it('finds a new role only after IAM has propagated it', async () => {
    sandbox.delays.iam = 10_000;
    const { admin } = sandbox.credentials;
    const { Role } = await as(admin).iam.send(
      new CreateRoleCommand({
        RoleName: 'fresh',
        AssumeRolePolicyDocument: JSON.stringify(trustOf(admin.arn)),
      }),
    );
    const RoleArn = Role!.Arn!;
    expect((await errorOf(assume(admin, { RoleArn }))).name).toBe(
      'AccessDenied',
    );
    await sandbox.clock.advance(10_000);
    await assume(admin, { RoleArn });
  });

  it('ends the permissions of sessions when their role is recreated', async () => {
    const { admin } = sandbox.credentials;
    const input = {
      name: 'again',
      trust: trustOf(admin.arn),
      attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    };
    const role = sandbox.aws.iam.putRole(input);
    const session = await assume(admin, { RoleArn: role.arn });
    const list = () => as(session.keys).s3.send(new ListBucketsCommand({}));
    await list();
    sandbox.aws.iam.putRole(input);
    expect((await errorOf(list())).name).toBe('AccessDenied');
  });

  it('refuses tags that do not fit in a session', async () => {
    const { admin } = sandbox.credentials;
    const role = sandbox.aws.iam.putRole({
      name: 'big',
      trust: trustOf(admin.arn, undefined, 'sts:*'),
    });
    const error = await errorOf(
      assume(admin, {
        RoleArn: role.arn,
        Tags: Array.from({ length: 12 }, (_, i) => ({
          Key: `key-${i}`,
          Value: 'v'.repeat(250),
        })),
      }),
    );
    expect(error.name).toBe('PackedPolicyTooLargeException');
    expect(error.message).toMatch(
      /^Packed size of session tags consumes \d{3}% of allotted space\.$/,
    );
  });
});
