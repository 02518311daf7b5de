import { createHash } from 'node:crypto';
import { AwsError } from '../errors';
import { RefusalStyle, guard } from '../guard';
import { parseStored } from '../policy/document';
import { AwsReply, AwsRequest, decode } from '../protocol/request';
import { XmlValue, element } from '../protocol/xml';
import { AwsCall } from '../service';
import { BucketRecord } from '../state/types';
import { World } from '../state/world';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

export interface Target {
  bucket?: string;
  key?: string;
}

/** Bucket and key of a path-style request. */
export function targetOf(request: AwsRequest): Target {
  const [, bucket = '', ...key] = request.rawPath.split('/');
  return {
    bucket: bucket ? decode(bucket) : undefined,
    key: key.join('/') ? decode(key.join('/')) : undefined,
  };
}

const REFUSAL: RefusalStyle = {
  code: 'AccessDenied',
  statusCode: 403,
  showResource: resource => `"${resource}"`,
};

export interface S3Call {
  world: World;
  call: AwsCall;
  target: Target;
}

export function xml(
  name: string,
  value: XmlValue,
  requestId: string,
): AwsReply {
  const inner = element(name, value).replace(
    `<${name}`,
    `<${name} xmlns="${NAMESPACE}"`,
  );
  return {
    status: 200,
    headers: {
      'content-type': 'application/xml',
      'x-amz-request-id': requestId,
    },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${inner}`,
  };
}

/** Finds a bucket in any account; names are unique across accounts. */
export function findBucket(
  world: World,
  name: string,
): { bucket: BucketRecord; accountId: string } | undefined {
  for (const account of world.state.accounts.values()) {
    const bucket = account.buckets.get(name);
    if (bucket) {
      return { bucket, accountId: account.id };
    }
  }
  return undefined;
}

export function allow(
  { world, call, target }: S3Call,
  action: string,
  context: Record<string, string | undefined> = {},
): void {
  const found = target.bucket ? findBucket(world, target.bucket) : undefined;
  const resource = target.bucket
    ? `arn:${world.partition.id}:s3:::${target.bucket}`
    : '*';
  guard(
    world,
    call,
    {
      action,
      resource,
      context: { ...context, 'aws:ResourceAccount': found?.accountId },
      resourcePolicy: found && {
        document: found.bucket.policy
          ? parseStored(found.bucket.policy)
          : { Statement: [] },
        accountId: found.accountId,
      },
    },
    target.bucket ? REFUSAL : { ...REFUSAL, showResource: () => undefined },
  );
}

/** S3 says that a bucket does not exist, or is in another region, before it looks at the caller's permissions. */
export function needBucket({ world, call, target }: S3Call): BucketRecord {
  const found = findBucket(world, target.bucket!);
  if (!found) {
    throw new AwsError(
      'NoSuchBucket',
      'The specified bucket does not exist',
      404,
      { BucketName: target.bucket },
    );
  }
  const { bucket } = found;
  if (bucket.region !== call.region) {
    throw new AwsError(
      call.request.method === 'HEAD'
        ? 'PermanentRedirect'
        : 'AuthorizationHeaderMalformed',
      `The authorization header is malformed; the region '${call.region}' is wrong; expecting '${bucket.region}'`,
      call.request.method === 'HEAD' ? 301 : 400,
      { Region: bucket.region, region: bucket.region },
    );
  }
  return bucket;
}

export const iso = (time: number) => new Date(time).toISOString();
export const etag = (body: Uint8Array) =>
  `"${createHash('md5').update(body).digest('hex')}"`;

/** Canonical user ids are 64 hexadecimal digits. */
export function ownerId(accountId: string) {
  return createHash('sha256').update(`owner of ${accountId}`).digest('hex');
}
