import { AwsError } from '../errors';
import { AwsReply, decode } from '../protocol/request';
import { BucketRecord } from '../state/types';
import {
  S3Call,
  allow,
  etag,
  findBucket,
  iso,
  needBucket,
  noContent,
  xml,
} from './call';
import { objectOf } from './reading';

const BUCKET_NAME =
  /^(?!xn--|sthree-|.*\.\.|\d+(\.\d+){3}$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** A bucket belongs to the region of the endpoint, which the request has to name outside of us-east-1. */
function checkLocation({ call }: S3Call): void {
  const asked = /<LocationConstraint>([^<]*)</.exec(
    call.request.body.toString('utf8'),
  )?.[1];
  const expected = call.region === 'us-east-1' ? undefined : call.region;
  if (asked !== expected) {
    throw new AwsError(
      'IllegalLocationConstraintException',
      `The ${
        asked ?? 'unspecified'
      } location constraint is incompatible for the region specific endpoint this request was sent to.`,
      400,
    );
  }
}

function alreadyExists(name: string, own: boolean): AwsError {
  const [code, message] = own
    ? [
        'BucketAlreadyOwnedByYou',
        'Your previous request to create the named bucket succeeded and you already own it.',
      ]
    : [
        'BucketAlreadyExists',
        'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
      ];
  return new AwsError(code, message, 409, { BucketName: name });
}

export function createBucket(s3: S3Call): AwsReply {
  const { world, call, target } = s3;
  const name = target.bucket!;
  if (!BUCKET_NAME.test(name)) {
    throw new AwsError(
      'InvalidBucketName',
      'The specified bucket is not valid.',
      400,
      { BucketName: name },
    );
  }
  const found = findBucket(world, name);
  if (found && found.accountId !== call.caller.accountId) {
    throw alreadyExists(name, false);
  }
  allow(s3, 's3:CreateBucket');
  checkLocation(s3);
  if (found) {
    throw alreadyExists(name, true);
  }
  world.account(call.caller.accountId).buckets.set(name, {
    name,
    region: call.region,
    createdAt: world.now(),
    objects: {},
  });
  return { ...noContent(s3, { location: `/${name}` }), status: 200 };
}

export function deleteBucket(s3: S3Call): AwsReply {
  const bucket = needBucket(s3);
  allow(s3, 's3:DeleteBucket');
  if (Object.keys(bucket.objects).length > 0) {
    throw new AwsError(
      'BucketNotEmpty',
      'The bucket you tried to delete is not empty',
      409,
      { BucketName: bucket.name },
    );
  }
  for (const account of s3.world.state.accounts.values()) {
    account.buckets.delete(bucket.name);
  }
  return noContent(s3);
}

function store(
  { world, target }: S3Call,
  bucket: BucketRecord,
  body: Uint8Array,
  contentType: string,
): void {
  bucket.objects[target.key!] = { body, contentType, modifiedAt: world.now() };
}

export function putObject(s3: S3Call): AwsReply {
  const { body, headers } = s3.call.request;
  // The words of S3, which answers so to a way of signing that it does not know; the CLI in pods signs whole bodies.
  if (headers['x-amz-content-sha256']?.startsWith('STREAMING-')) {
    throw new AwsError(
      'NotImplemented',
      'A header you provided implies functionality that is not implemented',
      501,
      { Header: 'x-amz-content-sha256' },
    );
  }
  const bucket = needBucket(s3);
  allow(s3, 's3:PutObject');
  store(s3, bucket, body, headers['content-type'] ?? 'binary/octet-stream');
  return { ...noContent(s3, { etag: etag(body) }), status: 200 };
}

export function copyObject(s3: S3Call): AwsReply {
  const source = decode(s3.call.request.headers['x-amz-copy-source']);
  const [sourceBucket, ...key] = source.replace(/^\//, '').split('/');
  const { body, contentType } = objectOf({
    ...s3,
    target: { bucket: sourceBucket, key: key.join('/') },
  });
  const bucket = needBucket(s3);
  allow(s3, 's3:PutObject');
  store(s3, bucket, body, contentType);
  return xml(
    'CopyObjectResult',
    { ETag: etag(body), LastModified: iso(s3.world.now()) },
    s3.call.requestId,
  );
}

export function deleteObject(s3: S3Call): AwsReply {
  const bucket = needBucket(s3);
  allow(s3, 's3:DeleteObject');
  delete bucket.objects[s3.target.key!];
  return noContent(s3);
}
