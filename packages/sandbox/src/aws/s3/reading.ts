import { AwsError } from '../errors';
import { AwsReply, AwsRequest } from '../protocol/request';
import { ObjectRecord } from '../state/types';
import {
  S3Call,
  allow,
  etag,
  findBucket,
  iso,
  needBucket,
  ownerId,
  xml,
} from './call';
import { listing, text } from './listing';

export function listBuckets(s3: S3Call): AwsReply {
  allow(s3, 's3:ListAllMyBuckets');
  const { world, call } = s3;
  const account = world.account(call.caller.accountId);
  const prefix = text(call.request, 'prefix');
  const buckets = [...account.buckets.values()]
    .filter(bucket => bucket.name.startsWith(prefix ?? ''))
    .sort((a, b) => a.name.localeCompare(b.name, 'en'));
  return xml(
    'ListAllMyBucketsResult',
    {
      Owner: { ID: ownerId(account.id) },
      Buckets: {
        Bucket: buckets.map(bucket => ({
          Name: bucket.name,
          CreationDate: iso(bucket.createdAt),
        })),
      },
      Prefix: prefix,
    },
    call.requestId,
  );
}

function encoded(request: AwsRequest, value: string): string {
  return text(request, 'encoding-type') === 'url'
    ? encodeURIComponent(value).replace(/%2F/g, '/')
    : value;
}

export function listObjects(s3: S3Call): AwsReply {
  const { call, target } = s3;
  const { request } = call;
  const v2 = call.operation === 'ListObjectsV2';
  const bucket = needBucket(s3);
  allow(s3, 's3:ListBucket', {
    's3:prefix': text(request, 'prefix') ?? '',
    's3:delimiter': text(request, 'delimiter'),
    's3:max-keys': text(request, 'max-keys'),
  });
  const token = text(request, 'continuation-token');
  const marker = v2 ? text(request, 'start-after') : text(request, 'marker');
  const after =
    v2 && token ? Buffer.from(token, 'base64').toString('utf8') : marker ?? '';
  const page = listing(bucket, request, after);
  return xml(
    'ListBucketResult',
    {
      Name: target.bucket,
      Prefix: encoded(request, page.prefix),
      ...(v2
        ? {
            KeyCount: page.keys.length + page.prefixes.length,
            ContinuationToken: token,
            NextContinuationToken: page.truncated
              ? Buffer.from(page.last).toString('base64')
              : undefined,
          }
        : {
            Marker: after,
            NextMarker: page.truncated ? page.last : undefined,
          }),
      MaxKeys: page.size,
      Delimiter: page.delimiter || undefined,
      EncodingType: text(request, 'encoding-type'),
      IsTruncated: page.truncated,
      Contents: page.keys.map(key => ({
        Key: encoded(request, key),
        LastModified: iso(bucket.objects[key].modifiedAt),
        ETag: etag(bucket.objects[key].body),
        Size: bucket.objects[key].body.length,
        StorageClass: 'STANDARD',
      })),
      CommonPrefixes: page.prefixes.map(prefix => ({
        Prefix: encoded(request, prefix),
      })),
    },
    call.requestId,
  );
}

export function headBucket(s3: S3Call): AwsReply {
  const known = findBucket(s3.world, s3.target.bucket!);
  if (!known) {
    throw new AwsError('NotFound', 'Not Found', 404);
  }
  allow(s3, 's3:ListBucket');
  const bucket = needBucket(s3);
  return {
    status: 200,
    headers: {
      'content-type': 'application/xml',
      'x-amz-bucket-region': bucket.region,
      'x-amz-request-id': s3.call.requestId,
      'x-amz-access-point-alias': 'false',
    },
    body: '',
  };
}

export function getBucketLocation(s3: S3Call): AwsReply {
  // Answers in every region, so that a client can find the bucket's.
  const { bucket } = findBucket(s3.world, s3.target.bucket!) ?? {};
  const { region } = bucket ?? needBucket(s3);
  allow(s3, 's3:GetBucketLocation');
  return xml(
    'LocationConstraint',
    region === 'us-east-1' ? '' : region,
    s3.call.requestId,
  );
}

export function getBucketPolicy(s3: S3Call): AwsReply {
  const bucket = needBucket(s3);
  allow(s3, 's3:GetBucketPolicy');
  if (bucket.policy === undefined) {
    throw new AwsError(
      'NoSuchBucketPolicy',
      'The bucket policy does not exist',
      404,
      { BucketName: bucket.name },
    );
  }
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      'x-amz-request-id': s3.call.requestId,
    },
    body: bucket.policy,
  };
}

function objectOf(s3: S3Call): ObjectRecord {
  const { key } = s3.target;
  const bucket = needBucket(s3);
  allow(s3, 's3:GetObject');
  if (!Object.hasOwn(bucket.objects, key!)) {
    // S3 says that a key does not exist only to callers who may list the bucket.
    allow({ ...s3, target: { bucket: bucket.name } }, 's3:ListBucket');
    throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404, {
      Key: key,
    });
  }
  return bucket.objects[key!];
}

export function getObject(s3: S3Call): AwsReply {
  const object = objectOf(s3);
  return {
    status: 200,
    headers: {
      'content-type': object.contentType,
      etag: etag(object.body),
      'last-modified': new Date(object.modifiedAt).toUTCString(),
      'accept-ranges': 'bytes',
      'x-amz-request-id': s3.call.requestId,
    },
    body: Buffer.from(object.body),
  };
}
