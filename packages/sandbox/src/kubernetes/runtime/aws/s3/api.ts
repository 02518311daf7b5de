import { STATUS_CODES } from 'node:http';
import {
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectsV2CommandOutput,
  S3Client,
} from '@aws-sdk/client-s3';
import { partitionOf } from '../../../../core/partition';
import { required } from '../arguments';
import { serviceError } from '../cliError';
import { render } from '../output';
import {
  clientConfig,
  Command,
  printable,
  printed,
  ServiceContext,
  withClient,
} from '../sdk';

/** What a call is about; both absent for a call about the account. */
interface Target {
  bucket?: string;
  /** The query of its address. */
  search?: string;
}

function addressOf(region: string, { bucket, search = '' }: Target) {
  const host = `s3.${region}.${partitionOf(region).dnsSuffix}`;
  return `https://${bucket ? `${bucket}.` : ''}${host}/${search}`;
}

/** A HEAD response has no body, so the CLI can report only the status. */
function headError(error: any, operation: string) {
  const status = error?.$metadata?.httpStatusCode;
  return operation.startsWith('Head') && status
    ? serviceError(String(status), operation, STATUS_CODES[status] ?? '')
    : undefined;
}

/** @throws CliError as the CLI words it */
async function withS3<T>(
  context: ServiceContext,
  operation: string,
  target: Target,
  call: (
    client: S3Client,
    options: { abortSignal?: AbortSignal },
  ) => Promise<T>,
): Promise<T> {
  const url = addressOf(context.region, target);
  return withClient(
    context,
    { service: 's3', operation, url },
    () =>
      new S3Client({
        ...clientConfig(context),
        forcePathStyle: true,
        followRegionRedirects: true,
      }),
    call,
    error => headError(error, operation),
  );
}

export const listBuckets = (context: ServiceContext) =>
  withS3(context, 'ListBuckets', {}, (client, options) =>
    client.send(
      new ListBucketsCommand({ Prefix: context.args.options.prefix }),
      options,
    ),
  );

export type Listing = Pick<
  ListObjectsV2CommandOutput,
  'Contents' | 'CommonPrefixes'
>;

interface ListInput {
  Bucket: string;
  Prefix?: string;
  Delimiter?: string;
}

const listSearch = ({ Prefix = '', Delimiter }: ListInput) =>
  `?list-type=2&prefix=${encodeURIComponent(Prefix)}${
    Delimiter ? `&delimiter=${encodeURIComponent(Delimiter)}` : ''
  }&encoding-type=url`;

const listPage = (
  context: ServiceContext,
  input: ListInput,
  ContinuationToken: string | undefined,
): Promise<ListObjectsV2CommandOutput> =>
  withS3(
    context,
    'ListObjectsV2',
    { bucket: input.Bucket, search: listSearch(input) },
    (client, options) =>
      client.send(
        new ListObjectsV2Command({ ...input, ContinuationToken }),
        options,
      ),
  );

/** All pages of a listing. */
export async function listObjects(
  context: ServiceContext,
  input: ListInput,
): Promise<Required<Listing>> {
  const all: Required<Listing> = { Contents: [], CommonPrefixes: [] };
  let token: string | undefined;
  do {
    const page = await listPage(context, input, token);
    all.Contents.push(...(page.Contents ?? []));
    all.CommonPrefixes.push(...(page.CommonPrefixes ?? []));
    token = page.NextContinuationToken;
  } while (token);
  return all;
}

/** `aws s3api …` */
export const S3API_COMMANDS: Record<string, Command> = {
  's3api head-bucket': {
    options: ['bucket'],
    async run(context) {
      const [bucket] = required(context.args, 'bucket');
      const { BucketRegion, AccessPointAlias = false } = await withS3(
        context,
        'HeadBucket',
        { bucket },
        (client, options) =>
          client.send(new HeadBucketCommand({ Bucket: bucket }), options),
      );
      return printed(
        render(
          { ...(BucketRegion && { BucketRegion }), AccessPointAlias },
          context.args.options,
        ),
      );
    },
  },
  's3api list-buckets': {
    options: ['prefix'],
    async run(context) {
      const { Buckets, Owner } = await listBuckets(context);
      return printed(
        render(printable({ Buckets, Owner }), context.args.options),
      );
    },
  },
  's3api list-objects-v2': {
    options: ['bucket', 'prefix'],
    async run(context) {
      const [bucket] = required(context.args, 'bucket');
      const answer = await listObjects(context, {
        Bucket: bucket,
        Prefix: context.args.options.prefix,
      });
      return printed(render(printable({ ...answer }), context.args.options));
    },
  },
};
