import {
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectsV2CommandOutput,
  S3Client,
} from '@aws-sdk/client-s3';
import { required } from './arguments';
import { CliError, EXIT, serviceError } from './cliError';
import { render } from './output';
import {
  asCliError,
  clientConfig,
  Operation,
  printable,
  ServiceContext,
} from './sdk';

async function withS3<T>(
  context: ServiceContext,
  operation: string,
  call: (
    client: S3Client,
    options: { abortSignal?: AbortSignal },
  ) => Promise<T>,
): Promise<T> {
  const client = new S3Client({
    ...clientConfig(context),
    forcePathStyle: true,
  });
  try {
    return await call(client, { abortSignal: context.signal });
  } catch (error) {
    throw asCliError(error, operation, 's3', context.region);
  } finally {
    client.destroy();
  }
}

const listBuckets = (context: ServiceContext) =>
  withS3(context, 'ListBuckets', (client, options) =>
    client.send(
      new ListBucketsCommand({ Prefix: context.args.options.prefix }),
      options,
    ),
  );

const listObjects = (
  context: ServiceContext,
  input: { Bucket: string; Prefix?: string; Delimiter?: string },
) =>
  withS3(context, 'ListObjectsV2', (client, options) =>
    client.send(new ListObjectsV2Command(input), options),
  );

/** `2025-01-31 12:00:00`, UTC as in a container. */
const stamp = (date: Date = new Date(0)) =>
  date.toISOString().slice(0, 19).replace('T', ' ');

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'];

function humanSize(bytes: number): string {
  if (bytes < 1024) {
    return `${bytes} Byte${bytes === 1 ? '' : 's'}`;
  }
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length);
  return `${(bytes / 1024 ** power).toFixed(1)} ${UNITS[power - 1]}`;
}

function objectLines(
  { Contents = [], CommonPrefixes = [] }: ListObjectsV2CommandOutput,
  { args }: ServiceContext,
  prefix: string,
): string {
  const shown = (key = '') =>
    args.flags.has('recursive') ? key : key.slice(prefix.lastIndexOf('/') + 1);
  const size = (bytes = 0) =>
    args.flags.has('human-readable') ? humanSize(bytes) : String(bytes);
  const total = Contents.reduce((sum, object) => sum + (object.Size ?? 0), 0);
  return [
    ...CommonPrefixes.map(p => `${' '.repeat(27)}PRE ${shown(p.Prefix)}\n`),
    ...Contents.map(
      o =>
        `${stamp(o.LastModified)} ${size(o.Size).padStart(10)} ${shown(
          o.Key,
        )}\n`,
    ),
    args.flags.has('summarize')
      ? `\nTotal Objects: ${Contents.length}\n   Total Size: ${size(total)}\n`
      : '',
  ].join('');
}

const ls: Operation = async context => {
  const target = context.args.positional[2];
  if (!target || target === 's3://') {
    const { Buckets = [] } = await listBuckets(context);
    return Buckets.map(b => `${stamp(b.CreationDate)} ${b.Name}\n`).join('');
  }
  const [bucket, ...path] = target.replace(/^s3:\/\//, '').split('/');
  const prefix = path.join('/');
  const answer = await listObjects(context, {
    Bucket: bucket,
    Prefix: prefix,
    ...(!context.args.flags.has('recursive') && { Delimiter: '/' }),
  });
  const text = objectLines(answer, context, prefix);
  if (text === '' && prefix) {
    // For an empty listing the CLI prints nothing and exits with 1.
    throw new CliError('', 1);
  }
  return text;
};

/** A HEAD response has no body, so the CLI can report only the status. */
function headError(error: CliError): CliError {
  const [code, text] = /NotFound|NoSuchBucket|404/.test(error.message)
    ? ['404', 'Not Found']
    : ['403', 'Forbidden'];
  return error.exitCode === EXIT.service
    ? serviceError(code, 'HeadBucket', text)
    : error;
}

const headBucket: Operation = async context => {
  const input = { Bucket: required(context.args, 'bucket') };
  try {
    const answer = await withS3(context, 'HeadBucket', (client, options) =>
      client.send(new HeadBucketCommand(input), options),
    );
    const { BucketRegion, AccessPointAlias = false } = answer;
    return render(
      { ...(BucketRegion && { BucketRegion }), AccessPointAlias },
      context.args.options,
    );
  } catch (error) {
    throw headError(error as CliError);
  }
};

/** `aws s3 …` and `aws s3api …` */
export const S3_OPERATIONS: Record<string, Operation> = {
  's3 ls': ls,
  's3api head-bucket': headBucket,
  async 's3api list-buckets'(context) {
    const { Buckets, Owner } = await listBuckets(context);
    return render(printable({ Buckets, Owner }), context.args.options);
  },
  async 's3api list-objects-v2'(context) {
    const answer = await listObjects(context, {
      Bucket: required(context.args, 'bucket'),
      Prefix: context.args.options.prefix,
    });
    return render(printable({ ...answer }), context.args.options);
  },
};
