import { AwsError } from '../errors';
import { AwsReply, AwsRequest } from '../http/request';

/** The operation behind `X-Amz-Target: Prefix.Operation`. */
export function targetOperation(
  request: AwsRequest,
  prefix: string,
): string | undefined {
  const target = request.headers['x-amz-target'] ?? '';
  return target.startsWith(`${prefix}.`)
    ? target.slice(prefix.length + 1)
    : undefined;
}

/** The JSON body; malformed JSON is the caller's mistake. */
export function jsonBody(request: AwsRequest): Record<string, unknown> {
  try {
    return JSON.parse(request.body.toString('utf8') || '{}');
  } catch {
    throw new AwsError('SerializationException', 'Could not parse the body.');
  }
}

/** An answer of an AWS-JSON service. */
export function awsJsonReply(
  value: unknown,
  requestId: string,
  version: '1.0' | '1.1',
): AwsReply {
  return {
    status: 200,
    headers: {
      'content-type': `application/x-amz-json-${version}`,
      'x-amzn-requestid': requestId,
    },
    body: JSON.stringify(value),
  };
}

/** An error of an AWS-JSON service: its code is in the body. */
export function awsJsonErrorReply(
  error: AwsError,
  requestId: string,
  version: '1.0' | '1.1',
): AwsReply {
  const reply = awsJsonReply(
    { ...error.members, __type: error.code, message: error.message },
    requestId,
    version,
  );
  reply.status = error.statusCode;
  return reply;
}
