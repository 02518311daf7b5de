import { AwsError } from '../errors';
import { AwsReply } from './request';

/** A response of a REST-JSON service such as EKS. */
export function restJsonReply(
  value: unknown,
  requestId: string,
  status = 200,
): AwsReply {
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'x-amzn-requestid': requestId,
    },
    body: JSON.stringify(value),
  };
}

/** An error response of a REST-JSON service, with its code in a header. */
export function restJsonErrorReply(
  error: AwsError,
  requestId: string,
): AwsReply {
  const reply = restJsonReply(
    { ...error.members, message: error.message },
    requestId,
    error.statusCode,
  );
  reply.headers['x-amzn-errortype'] = error.code;
  return reply;
}

/** A response of a service with the protocol AWS JSON 1.1, such as CloudTrail. */
export function awsJsonReply(
  value: unknown,
  requestId: string,
  status = 200,
): AwsReply {
  const reply = restJsonReply(value, requestId, status);
  reply.headers['content-type'] = 'application/x-amz-json-1.1';
  return reply;
}

/** An error response of such a service, with its code in the body. */
export function awsJsonErrorReply(
  error: AwsError,
  requestId: string,
): AwsReply {
  return awsJsonReply(
    { __type: error.code, ...error.members, message: error.message },
    requestId,
    error.statusCode,
  );
}

/** Seconds since the epoch, as JSON services write times. */
export function epochSeconds(milliseconds: number): number {
  return milliseconds / 1000;
}
