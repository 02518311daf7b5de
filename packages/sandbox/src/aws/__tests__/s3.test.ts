import {
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import {
  AttachRolePolicyCommand,
  DetachRolePolicyCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { PolicyDocument, Statement } from '../policy/document';
import { Sandbox, startSandbox } from '../../sandbox';
import { Clients, Keys, errorOf, sdk } from '../../__testUtils__/clients';

const S3 = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
const Bucket = 'acme-payments-receipts';
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
const policy = (...statements: Statement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements,
});

/** Opens a session of a role with these policies. */
function session(
  role: Omit<Parameters<Sandbox['aws']['iam']['putRole']>[0], 'name'> = {},
) {
  const { arn } = sandbox.aws.iam.putRole({ name: 'app', ...role });
  return as(sandbox.aws.iam.sessionOf({ roleArn: arn, sessionName: 'eks-1' }))
    .s3;
}
const ME = 'arn:aws:sts::111122223333:assumed-role/app/eks-1';

describe('what a session may do', () => {
  const denial = (reason: string) =>
    `User: ${ME} is not authorized to perform: s3:ListAllMyBuckets ${reason}`;
  const none = (layer: string) =>
    denial(`because no ${layer} allows the s3:ListAllMyBuckets action`);
  const deny = policy({ Effect: 'Deny', Action: 's3:*', Resource: '*' });

  it('follows its attached policy', async () => {
    const { Buckets } = await session({ attached: [S3] }).send(
      new ListBucketsCommand({}),
    );
    expect(Buckets?.map(bucket => bucket.Name)).toEqual([
      'acme-orders-export',
      'acme-payments-receipts',
      'acme-platform-artifacts',
    ]);
  });

  it.each([
    ['no policy', {}, none('identity-based policy')],
    [
      'an inline deny',
      { attached: [S3], inline: { deny } },
      denial('with an explicit deny in an identity-based policy'),
    ],
    [
      'a boundary without S3',
      {
        attached: [S3],
        boundaryArn: 'arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess',
      },
      none('permissions boundary'),
    ],
  ])('is nothing with %s', async (_name, role, message) => {
    const error = await errorOf(session(role).send(new ListBucketsCommand({})));
    expect(error.name).toBe('AccessDenied');
    expect(error.$metadata.httpStatusCode).toBe(403);
    expect(error.message).toBe(message);
  });

  it('is limited by service control policies', async () => {
    const s3 = session({ attached: [S3] });
    sandbox.aws.iam.setServiceControlPolicies({ documents: [deny] });
    expect((await errorOf(s3.send(new ListBucketsCommand({})))).message).toBe(
      denial('with an explicit deny in a service control policy'),
    );
    sandbox.aws.iam.setServiceControlPolicies({ documents: [] });
    await s3.send(new ListBucketsCommand({}));
  });

  it('changes once a change through the IAM API has propagated', async () => {
    const s3 = session();
    const { iam } = as(sandbox.credentials.admin);
    const list = () => s3.send(new ListBucketsCommand({}));
    sandbox.delays.iam = 5_000;
    await iam.send(
      new AttachRolePolicyCommand({ RoleName: 'app', PolicyArn: S3 }),
    );
    expect((await errorOf(list())).name).toBe('AccessDenied');
    await sandbox.clock.advance(5_000);
    await list();
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: 'app',
        PolicyName: 'no',
        PolicyDocument: JSON.stringify(deny),
      }),
    );
    await list();
    await sandbox.clock.advance(5_000);
    expect((await errorOf(list())).message).toContain('explicit deny');
    await iam.send(
      new DetachRolePolicyCommand({ RoleName: 'app', PolicyArn: S3 }),
    );
  });
});

describe('a bucket', () => {
  it('is listed by prefix and delimiter, in pages', async () => {
    const s3 = session({ attached: [S3] });
    const { CommonPrefixes, Contents } = await s3.send(
      new ListObjectsV2Command({ Bucket, Delimiter: '/' }),
    );
    expect(CommonPrefixes?.map(p => p.Prefix)).toEqual(['receipts/']);
    expect(Contents?.map(object => [object.Key, object.Size])).toEqual([
      ['README.txt', 28],
    ]);
    sandbox.aws.putBucket({
      name: 'many',
      objects: Object.fromEntries(
        Array.from({ length: 25 }, (_, i) => [
          `key ${String(i).padStart(2, '0')}+ü`,
          'x',
        ]),
      ),
    });
    const keys: string[] = [];
    for await (const page of paginateListObjectsV2(
      { client: s3, pageSize: 10 },
      { Bucket: 'many' },
    )) {
      keys.push(...page.Contents!.map(object => object.Key!));
    }
    expect(keys).toHaveLength(25);
    expect(new Set(keys).size).toBe(25);
    expect(keys[3]).toBe('key 03+ü');
  });

  it('can be allowed by prefix', async () => {
    const s3 = session({
      inline: {
        own: policy({
          Effect: 'Allow',
          Action: 's3:ListBucket',
          Resource: `arn:aws:s3:::${Bucket}`,
          Condition: { StringLike: { 's3:prefix': 'receipts/*' } },
        }),
      },
    });
    await s3.send(
      new ListObjectsV2Command({ Bucket, Prefix: 'receipts/2026' }),
    );
    const error = await errorOf(s3.send(new ListObjectsV2Command({ Bucket })));
    expect(error.message).toBe(
      `User: ${ME} is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::${Bucket}" because no identity-based policy allows the s3:ListBucket action`,
    );
  });

  it('grants and denies access by its own policy', async () => {
    const s3 = session();
    const role = 'arn:aws:iam::111122223333:role/app';
    const statement = {
      Action: 's3:ListBucket',
      Resource: 'arn:aws:s3:::shared',
      Principal: { AWS: role },
    };
    sandbox.aws.putBucket({
      name: 'shared',
      policy: policy({ Effect: 'Allow', ...statement }),
    });
    await s3.send(new HeadBucketCommand({ Bucket: 'shared' }));
    sandbox.aws.putBucket({
      name: 'shared',
      policy: policy({ Effect: 'Deny', ...statement }),
    });
    const error = await errorOf(
      s3.send(new ListObjectsV2Command({ Bucket: 'shared' })),
    );
    expect(error.message).toContain(
      'with an explicit deny in a resource-based policy',
    );
  });

  it('in another account needs permission on both sides', async () => {
    const s3 = session({ attached: [S3] });
    const list = () =>
      s3.send(new ListObjectsV2Command({ Bucket: 'acme-data-lake' }));
    expect((await errorOf(list())).message).toContain(
      'because no resource-based policy allows the s3:ListBucket action',
    );
    sandbox.aws.putBucket({
      accountId: '444455556666',
      name: 'acme-data-lake',
      policy: policy({
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::111122223333:root' },
        Action: 's3:ListBucket',
        Resource: 'arn:aws:s3:::acme-data-lake',
      }),
    });
    await list();
  });

  it('that does not exist gets the error of each operation', async () => {
    const s3 = session({ attached: [S3] });
    const listed = await errorOf(
      s3.send(new ListObjectsV2Command({ Bucket: 'none-such' })),
    );
    expect(listed.name).toBe('NoSuchBucket');
    expect(listed.$metadata.httpStatusCode).toBe(404);
    const headed = await errorOf(
      s3.send(new HeadBucketCommand({ Bucket: 'none-such' })),
    );
    expect(headed.$metadata.httpStatusCode).toBe(404);
  });

  it('refuses a HEAD with an empty 403', async () => {
    const error = await errorOf(
      session().send(new HeadBucketCommand({ Bucket })),
    );
    expect(error.$metadata.httpStatusCode).toBe(403);
  });

  it('does not return its objects, its location or its policy', async () => {
    const s3 = session({ attached: [S3] });
    const asked = [
      s3.send(new GetObjectCommand({ Bucket, Key: 'README.txt' })),
      s3.send(new GetBucketLocationCommand({ Bucket })),
      s3.send(new GetBucketPolicyCommand({ Bucket })),
    ];
    for (const error of await Promise.all(asked.map(errorOf))) {
      expect(error.name).toBe('MethodNotAllowed');
    }
  });
});
