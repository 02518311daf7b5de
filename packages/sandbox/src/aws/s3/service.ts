import { AwsError, s3AuthenticationError } from '../errors';
import { AwsReply, AwsRequest } from '../protocol/request';
import { XmlValue, element } from '../protocol/xml';
import { AwsService } from '../service';
import { World } from '../state/world';
import { S3Call, ownerId, targetOf } from './call';
import { headBucket, listBuckets, listObjects } from './reading';

/** Sub-resources of buckets, whose operations the sandbox does not support. */
const SUBRESOURCES =
  /^(accelerate|acl|analytics|cors|encryption|inventory|lifecycle|location|logging|metrics|notification|ownershipControls|policy|policyStatus|publicAccessBlock|replication|requestPayment|tagging|uploads|versioning|versions|website|object-lock|uploadId|partNumber|attributes|torrent|retention|legal-hold|restore|select|delete|session)$/;

function operationOf(request: AwsRequest): string | undefined {
  const { bucket, key } = targetOf(request);
  const names = Object.keys(request.query);
  if (key || names.some(name => SUBRESOURCES.test(name))) {
    return undefined;
  }
  const { method } = request;
  if (!bucket) {
    return method === 'GET' ? 'ListBuckets' : undefined;
  }
  if (method === 'GET') {
    return request.query['list-type'] === '2' ? 'ListObjectsV2' : 'ListObjects';
  }
  return method === 'HEAD' ? 'HeadBucket' : undefined;
}

const operations: Record<string, (s3: S3Call) => AwsReply> = {
  ListBuckets: listBuckets,
  ListObjects: listObjects,
  ListObjectsV2: listObjects,
  HeadBucket: headBucket,
};

/** Amazon S3, limited to listing buckets and their objects. */
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
