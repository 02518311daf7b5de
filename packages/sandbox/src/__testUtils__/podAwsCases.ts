import { AwsDirect } from '../aws/direct';
import { POD_IDENTITY_TRUST } from '../aws/direct/iam';

/** A command after `aws`. */
export interface PodAwsCase {
  args: string[];
  code?: number;
  stdout?: string;
  stderr?: string;
}

const SESSION = 'arn:aws:sts::111122223333:assumed-role/app/SESSION';

/** What the role of the cases may do: everything in buckets whose name begins with `lab-`, nothing elsewhere. */
const POLICY = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow' as const,
      Action: 's3:*',
      Resource: ['arn:aws:s3:::lab-*', 'arn:aws:s3:::lab-*/*'],
    },
    {
      Effect: 'Allow' as const,
      Action: 'sts:AssumeRole',
      Resource: 'arn:aws:iam::111122223333:role/next',
    },
  ],
};

/** The role of the cases, one that it may assume, and the bucket that it may read. */
export function putCasesRoles(aws: AwsDirect): string {
  aws.putBucket({
    name: 'lab-own',
    objects: {
      'note.txt': 'hello',
      'folder/a.txt': 'a\n',
      'folder/b/c.txt': 'c'.repeat(2048),
    },
  });
  const { arn } = aws.iam.putRole({
    name: 'app',
    trust: POD_IDENTITY_TRUST,
    inline: { cases: POLICY },
  });
  aws.iam.putRole({
    name: 'next',
    trust: {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { AWS: arn },
        Action: ['sts:AssumeRole', 'sts:TagSession'],
      },
    },
  });
  return arn;
}

const OTHERS = 's3://acme-payments-receipts';

const failure = (code: string, operation: string, message: string) => ({
  code: 254,
  stderr: `\nAn error occurred (${code}) when calling the ${operation} operation: ${message}\n`,
});

const denied = (operation: string, action: string, resource = '') =>
  failure(
    'AccessDenied',
    operation,
    `User: ${SESSION} is not authorized to perform: s3:${action} ${resource}because no identity-based policy allows the s3:${action} action`,
  );

const others = denied(
  'ListObjectsV2',
  'ListBucket',
  'on resource: "arn:aws:s3:::acme-payments-receipts" ',
);

const missing = failure(
  'NoSuchBucket',
  'ListObjectsV2',
  'The specified bucket does not exist',
);

const USAGE = `
usage: aws [options] <command> <subcommand> [<subcommand> ...] [parameters]
To see help text, you can run:

  aws help
  aws <command> help
  aws <command> <subcommand> help

aws: error: the following arguments are required: `;

/** Commands with the answers of the real `aws` 2.23, times aside. */
export const POD_AWS_CASES: Record<string, PodAwsCase[]> = {
  'a bucket and what is in it': [
    {
      args: ['s3', 'ls', 's3://lab-own'],
      stdout:
        '                           PRE folder/\nTIME          5 note.txt\n',
    },
    {
      args: ['s3', 'ls', 's3://lab-own/folder/'],
      stdout: '                           PRE b/\nTIME          2 a.txt\n',
    },
    {
      args: ['s3', 'ls', 's3://lab-own/folder/b', '--recursive'],
      stdout: 'TIME       2048 folder/b/c.txt\n',
    },
    {
      args: [
        ...['s3', 'ls', 's3://lab-own', '--recursive'],
        ...['--human-readable', '--summarize'],
      ],
      stdout:
        'TIME    2 Bytes folder/a.txt\nTIME    2.0 KiB folder/b/c.txt\nTIME    5 Bytes note.txt\n\nTotal Objects: 3\n   Total Size: 2.0 KiB\n',
    },
    { args: ['s3', 'ls', 's3://lab-own/none'], code: 1 },
    {
      args: [
        ...['s3api', 'list-objects-v2', '--bucket', 'lab-own'],
        ...['--prefix', 'folder/', '--query', 'Contents[].[Key,Size]'],
        ...['--output', 'text'],
      ],
      stdout: 'folder/a.txt\t2\nfolder/b/c.txt\t2048\n',
    },
    {
      args: [
        ...['s3api', 'head-bucket', '--bucket', 'lab-own'],
        ...['--query', 'BucketRegion', '--output', 'text'],
      ],
      stdout: 'eu-west-1\n',
    },
  ],
  'what is not there': [
    { args: ['s3', 'ls', 's3://lab-none'], ...missing },
    {
      args: ['s3api', 'list-objects-v2', '--bucket', 'lab-none'],
      ...missing,
    },
    {
      args: ['s3api', 'head-bucket', '--bucket', 'lab-none'],
      ...failure('404', 'HeadBucket', 'Not Found'),
    },
  ],
  'what is refused': [
    {
      args: ['s3', 'ls'],
      ...denied('ListBuckets', 'ListAllMyBuckets'),
    },
    {
      args: ['s3api', 'list-buckets'],
      ...denied('ListBuckets', 'ListAllMyBuckets'),
    },
    { args: ['s3', 'ls', OTHERS], ...others },
    {
      args: ['s3api', 'list-objects-v2', '--bucket', 'acme-payments-receipts'],
      ...others,
    },
    {
      args: ['s3api', 'head-bucket', '--bucket', 'acme-payments-receipts'],
      ...failure('403', 'HeadBucket', 'Forbidden'),
    },
    {
      args: [
        ...['sts', 'assume-role', '--role-session-name', 'lab'],
        ...['--role-arn', 'arn:aws:iam::111122223333:role/none'],
      ],
      ...failure(
        'AccessDenied',
        'AssumeRole',
        `User: ${SESSION} is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/none`,
      ),
    },
  ],
  'another role': [
    {
      args: [
        ...['sts', 'assume-role', '--role-session-name', 'lab'],
        ...['--role-arn', 'arn:aws:iam::111122223333:role/next'],
        ...['--query', 'AssumedRoleUser.Arn', '--output', 'text'],
      ],
      stdout: 'arn:aws:sts::111122223333:assumed-role/next/lab\n',
    },
  ],
  'wrong command lines': [
    {
      args: ['s3'],
      code: 252,
      stderr:
        '\nusage: aws [options] s3 <subcommand> [parameters]\naws: error: too few arguments\n',
    },
    { args: ['sts'], code: 252, stderr: `${USAGE}operation\n\n` },
    {
      args: ['s3api', 'head-bucket'],
      code: 252,
      stderr: `${USAGE}--bucket\n\n`,
    },
    {
      args: ['sts', 'assume-role'],
      code: 252,
      stderr: `${USAGE}--role-arn, --role-session-name\n\n`,
    },
    {
      args: [
        ...['sts', 'assume-role', '--role-arn', 'x'],
        ...['--role-session-name', 'y'],
      ],
      code: 252,
      stderr:
        '\nParameter validation failed:\nInvalid length for parameter RoleArn, value: 1, valid min length: 20\nInvalid length for parameter RoleSessionName, value: 1, valid min length: 2\n',
    },
  ],
};

/** The answer that a case expects, or one to compare with it: without times and the name of the session. */
export function comparable({ args, ...answer }: PodAwsCase) {
  const plain = (text = '') =>
    text
      .replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/gm, 'TIME')
      .replace(/(assumed-role\/app\/)[\w.-]+/g, '$1SESSION');
  return {
    args,
    code: answer.code ?? 0,
    stdout: plain(answer.stdout),
    stderr: plain(answer.stderr),
  };
}
