import { AwsError, s3AuthenticationError } from '../errors';
import { RefusalStyle, guard } from '../guard';
import { AwsReply, AwsRequest, decode } from '../protocol/request';
import { parseStored } from '../policy/document';
import { XmlValue, element } from '../protocol/xml';
import { AwsCall, AwsService } from '../service';
import { BucketRecord } from '../state/types';
import { World } from '../state/world';
import { listing, text } from './listing';
import { createHash } from 'node:crypto';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** Sub-resources of the operations that the sandbox does not support. */
const SUBRESOURCES =
  /^(accelerate|acl|analytics|cors|encryption|inventory|lifecycle|logging|metrics|notification|ownershipControls|policyStatus|publicAccessBlock|replication|requestPayment|tagging|uploads|versioning|versions|website|object-lock|uploadId|partNumber|attributes|torrent|retention|legal-hold|restore|select|delete|session)$/;

interface Target {
  bucket?: string;
  key?: string;
}

/** Bucket and key of a path-style request. */
function targetOf(request: AwsRequest): Target {
  const [, bucket = '', ...key] = request.rawPath.split('/');
  return {
    bucket: bucket ? decode(bucket) : undefined,
    key: key.join('/') ? decode(key.join('/')) : undefined,
  };
}

function operationOf(request: AwsRequest): string | undefined {
  const { bucket, key } = targetOf(request);
  const names = Object.keys(request.query);
  if (names.some(name => SUBRESOURCES.test(name))) {
    return undefined;
  }
  const { method } = request;
  if (!bucket) {
    return method === 'GET' ? 'ListBuckets' : undefined;
  }
  if (!key) {
    if (names.includes('location')) {
      return method === 'GET' ? 'GetBucketLocation' : undefined;
    }
    if (names.includes('policy')) {
      return { GET: 'GetBucketPolicy' }[method];
    }
    if (method === 'GET') {
      return request.query['list-type'] === '2'
        ? 'ListObjectsV2'
        : 'ListObjects';
    }
    return method === 'HEAD' ? 'HeadBucket' : undefined;
  }
  return { GET: 'GetObject', HEAD: 'HeadObject' }[method];
}

const REFUSAL: RefusalStyle = {
  code: 'AccessDenied',
  statusCode: 403,
  showResource: resource => `"${resource}"`,
};

interface S3Call {
  world: World;
  call: AwsCall;
  target: Target;
}

function xml(name: string, value: XmlValue, requestId: string): AwsReply {
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
function findBucket(
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

function allow(
  { world, call, target }: S3Call,
  action: string,
  context: Record<string, string | undefined> = {},
): void {
  const found = target.bucket ? findBucket(world, target.bucket) : undefined;
  const resource = target.bucket
    ? `arn:aws:s3:::${target.bucket}${target.key ? `/${target.key}` : ''}`
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

function needBucket({ world, call, target }: S3Call): BucketRecord {
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

const iso = (time: number) => new Date(time).toISOString();
const etag = (body: string) =>
  `"${createHash('md5').update(body).digest('hex')}"`;

function listBuckets(s3: S3Call): AwsReply {
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

/** Canonical user ids are 64 hexadecimal digits. */
function ownerId(accountId: string) {
  return createHash('sha256').update(`owner of ${accountId}`).digest('hex');
}

function encoded(request: AwsRequest, value: string): string {
  return text(request, 'encoding-type') === 'url'
    ? encodeURIComponent(value).replace(/%2F/g, '/')
    : value;
}

function listObjects(s3: S3Call): AwsReply {
  const { call, target } = s3;
  const { request } = call;
  const v2 = call.operation === 'ListObjectsV2';
  allow(s3, 's3:ListBucket', {
    's3:prefix': text(request, 'prefix') ?? '',
    's3:delimiter': text(request, 'delimiter'),
    's3:max-keys': text(request, 'max-keys'),
  });
  const bucket = needBucket(s3);
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
        Size: Buffer.byteLength(bucket.objects[key].body),
        StorageClass: 'STANDARD',
      })),
      CommonPrefixes: page.prefixes.map(prefix => ({
        Prefix: encoded(request, prefix),
      })),
    },
    call.requestId,
  );
}

function headBucket(s3: S3Call): AwsReply {
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

function getBucketLocation(s3: S3Call): AwsReply {
  allow(s3, 's3:GetBucketLocation');
  const { bucket } = findBucket(s3.world, s3.target.bucket!) ?? {};
  const region = (bucket ?? needBucket(s3)).region;
  return xml(
    'LocationConstraint',
    region === 'us-east-1' ? '' : region,
    s3.call.requestId,
  );
}

function getBucketPolicy(s3: S3Call): AwsReply {
  allow(s3, 's3:GetBucketPolicy');
  const bucket = needBucket(s3);
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

function getObject(s3: S3Call): AwsReply {
  const { key } = s3.target;
  allow(s3, 's3:GetObject');
  const bucket = needBucket(s3);
  if (!Object.hasOwn(bucket.objects, key!)) {
    // S3 says that a key does not exist only to callers who may list the bucket.
    allow({ ...s3, target: { bucket: bucket.name } }, 's3:ListBucket');
    throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404, {
      Key: key,
    });
  }
  const object = bucket.objects[key!];
  return {
    status: 200,
    headers: {
      'content-type': object.contentType,
      etag: etag(object.body),
      'last-modified': new Date(object.modifiedAt).toUTCString(),
      'accept-ranges': 'bytes',
      'x-amz-request-id': s3.call.requestId,
    },
    body: object.body,
  };
}

const operations: Record<string, (s3: S3Call) => AwsReply> = {
  ListBuckets: listBuckets,
  ListObjects: listObjects,
  ListObjectsV2: listObjects,
  HeadBucket: headBucket,
  GetBucketLocation: getBucketLocation,
  GetBucketPolicy: getBucketPolicy,
  GetObject: getObject,
  HeadObject: getObject,
};

/** Amazon S3, limited to listing and reading. */
export function s3Service(world: World): AwsService {
  return {
    name: 's3',
    route(request) {
      const operation = operationOf(request);
      return operation ? { operation } : undefined;
    },
    unknownOperation: request =>
      new AwsError(
        'MethodNotAllowed',
        'The specified method is not allowed against this resource.',
        405,
        { Method: request.method },
      ),
    async handle(call) {
      return operations[call.operation]({
        world,
        call,
        target: targetOf(call.request),
      });
    },
    authenticationError: s3AuthenticationError,
    renderError(error, requestId) {
      const { region, ...shown } = error.members as Record<string, XmlValue>;
      return {
        status: error.statusCode,
        headers: {
          'content-type': 'application/xml',
          'x-amz-request-id': requestId,
          ...(region ? { 'x-amz-bucket-region': String(region) } : {}),
        },
        body: `<?xml version="1.0" encoding="UTF-8"?>\n${element('Error', {
          Code: error.code,
          Message: error.message,
          ...shown,
          RequestId: requestId,
          HostId: ownerId(requestId),
        })}`,
      };
    },
  };
}
