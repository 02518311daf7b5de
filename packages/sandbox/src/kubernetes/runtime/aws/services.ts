import {
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { AwsCredentialIdentity } from '@smithy/types';
import { CliArguments } from './arguments';
import {
  CliError,
  connectTimeout,
  couldNotConnect,
  EXIT,
  readTimeout,
  serviceError,
} from './cliError';
import { render } from './output';

/** What an operation gets: where to go, as whom, how to print. */
export interface ServiceContext {
  args: CliArguments;
  endpoint: string;
  region: string;
  credentials: AwsCredentialIdentity;
  connectTimeoutMs: number;
  readTimeoutMs: number;
  signal?: AbortSignal;
}

/** The host that the real CLI would name in its errors. */
const realEndpoint = (service: string, region: string) =>
  service === 's3'
    ? `https://s3.${region}.amazonaws.com/`
    : `https://${service}.${region}.amazonaws.com/`;

const clientConfig = (c: ServiceContext) => ({
  endpoint: c.endpoint,
  region: c.region,
  credentials: c.credentials,
  maxAttempts: 2,
  requestHandler: {
    connectionTimeout: c.connectTimeoutMs,
    requestTimeout: c.readTimeoutMs,
  },
});

/** An SDK error as the CLI prints it. */
function asCliError(
  error: any,
  operation: string,
  service: string,
  region: string,
): CliError {
  if (error instanceof CliError) {
    return error;
  }
  const url = realEndpoint(service, region);
  if (error?.$metadata?.httpStatusCode) {
    return serviceError(error.Code ?? error.name, operation, error.message);
  }
  if (error?.name === 'TimeoutError') {
    const connecting = /connect|socket did not establish/i.test(error.message);
    return new CliError(
      connecting ? connectTimeout(url) : readTimeout(url),
      EXIT.general,
    );
  }
  return new CliError(couldNotConnect(url), EXIT.general);
}

async function withS3<T>(
  c: ServiceContext,
  operation: string,
  call: (client: S3Client) => Promise<T>,
): Promise<T> {
  const client = new S3Client({ ...clientConfig(c), forcePathStyle: true });
  try {
    return await call(client);
  } catch (error) {
    throw asCliError(error, operation, 's3', c.region);
  } finally {
    client.destroy();
  }
}

const withoutMetadata = <T extends object>({
  $metadata,
  ...rest
}: T & { $metadata?: unknown }) => rest;

const printOptions = ({ args }: ServiceContext) => args.options;

async function getCallerIdentity(c: ServiceContext): Promise<string> {
  const client = new STSClient(clientConfig(c));
  try {
    const { UserId, Account, Arn } = await client.send(
      new GetCallerIdentityCommand({}),
      {
        abortSignal: c.signal,
      },
    );
    return render({ UserId, Account, Arn }, printOptions(c));
  } catch (error) {
    throw asCliError(error, 'GetCallerIdentity', 'sts', c.region);
  } finally {
    client.destroy();
  }
}

const two = (n: number) => String(n).padStart(2, '0');

/** `2025-01-31 12:00:00`, UTC as in a container. */
const stamp = (date: Date | undefined) => {
  const d = date ?? new Date(0);
  return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(
    d.getUTCDate(),
  )} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(
    d.getUTCSeconds(),
  )}`;
};

const isoDates = (key: string, value: unknown) =>
  /Date$|Modified$/.test(key) && typeof value === 'string'
    ? value.replace(/\.\d+Z$/, '+00:00')
    : value;

const plain = <T extends object>(value: T): object =>
  JSON.parse(JSON.stringify(withoutMetadata(value)), isoDates);

async function listBuckets(c: ServiceContext) {
  return withS3(c, 'ListBuckets', client =>
    client.send(new ListBucketsCommand({}), { abortSignal: c.signal }),
  );
}

function parseS3Url(url: string): { bucket: string; prefix: string } {
  const [bucket, ...path] = url.replace(/^s3:\/\//, '').split('/');
  return { bucket, prefix: path.join('/') };
}

async function s3Ls(c: ServiceContext): Promise<string> {
  const target = c.args.positional[2];
  if (!target || target === 's3://') {
    const { Buckets = [] } = await listBuckets(c);
    return Buckets.map(b => `${stamp(b.CreationDate)} ${b.Name}\n`).join('');
  }
  const { bucket, prefix } = parseS3Url(target);
  const recursive = c.args.flags.has('recursive');
  const { Contents = [], CommonPrefixes = [] } = await withS3(
    c,
    'ListObjectsV2',
    client =>
      client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          ...(!recursive && { Delimiter: '/' }),
        }),
        { abortSignal: c.signal },
      ),
  );
  const shown = (key = '') =>
    recursive ? key : key.slice(prefix.lastIndexOf('/') + 1);
  const text = [
    ...CommonPrefixes.map(p => `${' '.repeat(27)}PRE ${shown(p.Prefix)}\n`),
    ...Contents.map(
      o =>
        `${stamp(o.LastModified)} ${String(o.Size ?? 0).padStart(10)} ${shown(
          o.Key,
        )}\n`,
    ),
  ].join('');
  if (text === '' && prefix) {
    throw new CliError('', 1);
  }
  return text;
}

const requiredOption = ({ args }: ServiceContext, name: string) => {
  const value = args.options[name];
  if (!value) {
    throw new CliError(
      `aws: error: the following arguments are required: --${name}`,
      EXIT.usage,
    );
  }
  return value;
};

async function headBucket(c: ServiceContext): Promise<string> {
  const Bucket = requiredOption(c, 'bucket');
  try {
    await withS3(c, 'HeadBucket', client =>
      client.send(new HeadBucketCommand({ Bucket }), { abortSignal: c.signal }),
    );
    return '';
  } catch (error) {
    throw headError(error as CliError);
  }
}

/** A HEAD answer has no body, so the CLI knows only the status. */
function headError(error: CliError): CliError {
  const status = /NotFound|NoSuchBucket|404/.test(error.message)
    ? ['404', 'Not Found']
    : ['403', 'Forbidden'];
  return error.exitCode === EXIT.service
    ? serviceError(status[0], 'HeadBucket', status[1])
    : error;
}

async function listObjects(c: ServiceContext): Promise<string> {
  const answer = await withS3(c, 'ListObjectsV2', client =>
    client.send(
      new ListObjectsV2Command({
        Bucket: requiredOption(c, 'bucket'),
        Prefix: c.args.options.prefix,
      }),
      { abortSignal: c.signal },
    ),
  );
  return render(plain(answer), printOptions(c));
}

/** Operations that pods of the sandbox can call, by `service operation`. */
export const OPERATIONS: Record<
  string,
  (c: ServiceContext) => Promise<string>
> = {
  'sts get-caller-identity': getCallerIdentity,
  's3 ls': s3Ls,
  's3api list-buckets': async c => {
    const { Buckets, Owner } = await listBuckets(c);
    return render(plain({ Buckets, Owner }), printOptions(c));
  },
  's3api head-bucket': headBucket,
  's3api list-objects-v2': listObjects,
};
