import { AwsError } from '../errors';
import { AwsReply, AwsRequest } from '../protocol/request';
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
