import { AwsDirect } from '../aws/direct';
import { POD_IDENTITY_TRUST } from '../aws/direct/iam';

/** A command after `aws`, run in a folder with `note.txt` ("hello"), `folder/a.txt` and `folder/b/c.txt`. */
export interface PodAwsCase {
  args: string[];
  stdin?: string;
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

/** The role of the cases, and one that it may assume. */
export function putCasesRoles(aws: AwsDirect): string {
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

const denied = (
  operation: string,
  action: string,
  resource = 'acme-payments-receipts',
) =>
  `An error occurred (AccessDenied) when calling the ${operation} operation: User: ${SESSION} is not authorized to perform: s3:${action} on resource: "arn:aws:s3:::${resource}" because no identity-based policy allows the s3:${action} action\n`;

const USAGE = `
usage: aws [options] <command> <subcommand> [<subcommand> ...] [parameters]
To see help text, you can run:

  aws help
  aws <command> help
  aws <command> <subcommand> help

aws: error: the following arguments are required: `;

const OTHERS = 's3://acme-payments-receipts';

/**
 * Commands with the answers of the real `aws` 2.23, without its progress. The commands of a group build on one another;
 * the groups do not.
 */
export const POD_AWS_CASES: Record<string, PodAwsCase[]> = {
  'a bucket and what is in it': [
    { args: ['s3', 'mb', 's3://lab-own'], stdout: 'make_bucket: lab-own\n' },
    {
      args: ['s3', 'mb', 's3://lab-own'],
      code: 1,
      stderr:
        'make_bucket failed: s3://lab-own An error occurred (BucketAlreadyOwnedByYou) when calling the CreateBucket operation: Your previous request to create the named bucket succeeded and you already own it.\n',
    },
    {
      args: ['s3', 'cp', 'note.txt', 's3://lab-own'],
      stdout: 'upload: ./note.txt to s3://lab-own/note.txt\n',
    },
    {
      args: ['s3', 'cp', 'folder/a.txt', 's3://lab-own/x/', '--no-progress'],
      stdout: 'upload: folder/a.txt to s3://lab-own/x/a.txt\n',
    },
    {
      args: ['s3', 'cp', '-', 's3://lab-own/piped.txt'],
      stdin: 'piped\n',
    },
    { args: ['s3', 'cp', 's3://lab-own/piped.txt', '-'], stdout: 'piped\n' },
    {
      args: ['s3', 'cp', 's3://lab-own/note.txt', 'folder'],
      stdout: 'download: s3://lab-own/note.txt to folder/note.txt\n',
    },
    {
      args: ['s3', 'cp', 's3://lab-own/note.txt', 'new/deep/copy.txt'],
      stdout: 'download: s3://lab-own/note.txt to new/deep/copy.txt\n',
    },
    {
      args: ['s3', 'cp', 's3://lab-own/note.txt', 's3://lab-own/twice/'],
      stdout: 'copy: s3://lab-own/note.txt to s3://lab-own/twice/note.txt\n',
    },
    {
      args: ['s3', 'cp', 'note.txt', 's3://lab-own/q.txt', '--quiet'],
    },
    {
      args: ['s3', 'cp', 'note.txt', 's3://lab-own/never.txt', '--dryrun'],
      stdout: '(dryrun) upload: ./note.txt to s3://lab-own/never.txt\n',
    },
    { args: ['s3', 'ls', 's3://lab-own/never.txt'], code: 1 },
    {
      args: ['s3', 'rm', 's3://lab-own/q.txt'],
      stdout: 'delete: s3://lab-own/q.txt\n',
    },
    {
      args: ['s3', 'rm', 's3://lab-own/q.txt'],
      stdout: 'delete: s3://lab-own/q.txt\n',
    },
    { args: ['s3', 'rm', 's3://lab-own'] },
    {
      args: ['s3', 'rb', 's3://lab-own'],
      code: 1,
      stderr:
        'remove_bucket failed: s3://lab-own An error occurred (BucketNotEmpty) when calling the DeleteBucket operation: The bucket you tried to delete is not empty\n',
    },
    {
      args: ['s3', 'rm', 's3://lab-own/x', '--recursive'],
      stdout: 'delete: s3://lab-own/x/a.txt\n',
    },
  ],
  folders: [
    {
      args: ['s3', 'mb', 's3://lab-folders'],
      stdout: 'make_bucket: lab-folders\n',
    },
    {
      args: ['s3', 'cp', 'folder/b', 's3://lab-folders/up', '--recursive'],
      stdout: 'upload: folder/b/c.txt to s3://lab-folders/up/c.txt\n',
    },
    {
      args: ['s3', 'cp', 's3://lab-folders/up', 'down', '--recursive'],
      stdout: 'download: s3://lab-folders/up/c.txt to down/c.txt\n',
    },
    {
      args: [
        's3',
        'cp',
        's3://lab-folders',
        's3://lab-folders/again',
        '--recursive',
      ],
      stdout:
        'copy: s3://lab-folders/up/c.txt to s3://lab-folders/again/up/c.txt\n',
    },
    { args: ['s3', 'cp', 's3://lab-folders', '.'] },
    {
      args: ['s3', 'cp', 'folder', 's3://lab-folders/'],
      code: 1,
      stderr:
        'upload failed: folder/ to s3://lab-folders/ Parameter validation failed:\nInvalid length for parameter Key, value: 0, valid min length: 1\n',
    },
    {
      args: [
        's3',
        'rm',
        's3://lab-folders/up',
        '--recursive',
        '--only-show-errors',
      ],
    },
    {
      args: ['s3', 'rb', 's3://lab-folders', '--force'],
      stdout:
        'delete: s3://lab-folders/again/up/c.txt\nremove_bucket: lab-folders\n',
    },
  ],
  'what is not there': [
    {
      args: ['s3', 'cp', 'nothing.txt', 's3://lab-none/'],
      code: 255,
      stderr: '\nThe user-provided path nothing.txt does not exist.\n',
    },
    {
      args: ['s3', 'cp', 'note.txt', 's3://lab-none/'],
      code: 1,
      stderr:
        'upload failed: ./note.txt to s3://lab-none/note.txt An error occurred (NoSuchBucket) when calling the PutObject operation: The specified bucket does not exist\n',
    },
    {
      args: ['s3', 'cp', 's3://lab-none/key', '-'],
      code: 1,
      stderr:
        'download failed: s3://lab-none/key to - An error occurred (404) when calling the HeadObject operation: Not Found\n',
    },
    {
      args: ['s3', 'cp', 's3://lab-none/key', 'x'],
      code: 1,
      stderr:
        'fatal error: An error occurred (404) when calling the HeadObject operation: Key "key" does not exist\n',
    },
    {
      args: ['s3', 'rm', 's3://lab-none', '--recursive'],
      code: 1,
      stderr:
        'fatal error: An error occurred (NoSuchBucket) when calling the ListObjectsV2 operation: The specified bucket does not exist\n',
    },
    {
      args: ['s3', 'rb', 's3://lab-none'],
      code: 1,
      stderr:
        'remove_bucket failed: s3://lab-none An error occurred (NoSuchBucket) when calling the DeleteBucket operation: The specified bucket does not exist\n',
    },
  ],
  'what is refused': [
    {
      args: ['s3', 'mb', 's3://acme-data-lake'],
      code: 1,
      stderr:
        'make_bucket failed: s3://acme-data-lake An error occurred (BucketAlreadyExists) when calling the CreateBucket operation: The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.\n',
    },
    {
      args: ['s3', 'mb', 's3://mine'],
      code: 1,
      stderr: `make_bucket failed: s3://mine ${denied(
        'CreateBucket',
        'CreateBucket',
        'mine',
      )}`,
    },
    {
      args: ['s3', 'mb', 's3://A'],
      code: 1,
      stderr:
        'make_bucket failed: s3://A An error occurred (InvalidBucketName) when calling the CreateBucket operation: The specified bucket is not valid.\n',
    },
    {
      args: ['s3', 'cp', 'note.txt', `${OTHERS}/x`],
      code: 1,
      stderr: `upload failed: ./note.txt to ${OTHERS}/x ${denied(
        'PutObject',
        'PutObject',
        'acme-payments-receipts/x',
      )}`,
    },
    {
      args: ['s3', 'cp', `${OTHERS}/README.txt`, '-'],
      code: 1,
      stderr: `download failed: ${OTHERS}/README.txt to - An error occurred (403) when calling the HeadObject operation: Forbidden\n`,
    },
    {
      args: ['s3', 'cp', `${OTHERS}/README.txt`, 's3://lab-x/y'],
      code: 1,
      stderr:
        'fatal error: An error occurred (403) when calling the HeadObject operation: Forbidden\n',
    },
    {
      args: ['s3', 'rm', `${OTHERS}/README.txt`],
      code: 1,
      stderr: `delete failed: ${OTHERS}/README.txt ${denied(
        'DeleteObject',
        'DeleteObject',
        'acme-payments-receipts/README.txt',
      )}`,
    },
    {
      args: ['s3', 'rb', OTHERS, '--force'],
      code: 255,
      stderr: `fatal error: ${denied(
        'ListObjectsV2',
        'ListBucket',
      )}\nremove_bucket failed: Unable to delete all objects in the bucket, bucket will not be deleted.\n`,
    },
    {
      args: [
        ...['sts', 'assume-role', '--role-session-name', 'lab'],
        ...['--role-arn', 'arn:aws:iam::111122223333:role/none'],
      ],
      code: 254,
      stderr: `\nAn error occurred (AccessDenied) when calling the AssumeRole operation: User: ${SESSION} is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/none\n`,
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
      args: ['s3', 'mb', 'lab-own'],
      code: 252,
      stderr: '\n<S3Uri>\nError: Invalid argument type\n',
    },
    {
      args: ['s3', 'cp', 'note.txt', 'other.txt'],
      code: 252,
      stderr:
        '\nusage: aws s3 cp <LocalPath> <S3Uri> or <S3Uri> <LocalPath> or <S3Uri> <S3Uri>\nError: Invalid argument type\n',
    },
    { args: ['s3', 'cp', 'note.txt'], code: 252, stderr: `${USAGE}paths\n\n` },
    {
      args: ['s3', 'cp', 'a', 's3://b', 'c'],
      code: 252,
      stderr: '\nUnknown options: c\n',
    },
    {
      args: ['s3', 'rm', 'x.txt'],
      code: 252,
      stderr: '\nusage: aws s3 rm <S3Uri>\nError: Invalid argument type\n',
    },
    {
      args: ['s3'],
      code: 252,
      stderr:
        '\nusage: aws [options] s3 <subcommand> [parameters]\naws: error: too few arguments\n',
    },
    { args: ['sts'], code: 252, stderr: `${USAGE}operation\n\n` },
    {
      args: ['sts', 'assume-role'],
      code: 252,
      stderr: `${USAGE}--role-arn, --role-session-name\n\n`,
    },
    {
      args: [
        'sts',
        'assume-role',
        '--role-arn',
        'x',
        '--role-session-name',
        'y',
      ],
      code: 252,
      stderr:
        '\nParameter validation failed:\nInvalid length for parameter RoleArn, value: 1, valid min length: 20\nInvalid length for parameter RoleSessionName, value: 1, valid min length: 2\n',
    },
  ],
};

/** The answer that a case expects, or one to compare with it: without the CLI's progress and the name of the session. */
export function comparable({ args, ...answer }: PodAwsCase) {
  const plain = (text = '') =>
    text
      .replace(/Completed [^\r\n]*\r/g, '')
      .replace(/ +$/gm, '')
      .replace(/(assumed-role\/app\/)[\w.-]+/g, '$1SESSION');
  return {
    args,
    code: answer.code ?? 0,
    stdout: plain(answer.stdout),
    stderr: plain(answer.stderr),
  };
}
