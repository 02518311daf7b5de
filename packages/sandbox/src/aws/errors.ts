/** An error of an AWS service; each protocol serialises it in its own form. */
export class AwsError extends Error {
  constructor(
    /** AWS's code, e.g. `NoSuchEntity` or `ResourceInUseException`. */
    readonly code: string,
    message: string,
    readonly statusCode = 400,
    /** Further members of the error's body. */
    readonly members: Record<string, unknown> = {},
  ) {
    super(message);
    this.name = code;
  }
}

export const unknownOperation = () =>
  new AwsError(
    'UnknownOperationException',
    'The operation is not known to the service.',
    404,
  );

/** Why a request's signature was refused, before a service words it. */
export type AuthenticationProblem =
  | { kind: 'missing' }
  | { kind: 'incomplete'; detail: string }
  | { kind: 'unknown-key'; accessKeyId: string }
  | { kind: 'invalid-token' }
  | { kind: 'expired-token' }
  | { kind: 'wrong-signature' }
  | { kind: 'payload-mismatch' }
  | {
      kind: 'too-old' | 'too-new';
      signedAt: string;
      now: string;
      limit: string;
    }
  | { kind: 'presigned-expired' };

const DOES_NOT_MATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
const TOKEN_INVALID = 'The security token included in the request is invalid';
const TOKEN_EXPIRED = 'The security token included in the request is expired';

function ageSentence(
  problem: Extract<AuthenticationProblem, { kind: 'too-old' | 'too-new' }>,
) {
  return problem.kind === 'too-old'
    ? `Signature expired: ${problem.signedAt} is now earlier than ${problem.limit} (${problem.now} - 5 min.)`
    : `Signature not yet current: ${problem.signedAt} is still later than ${problem.limit} (${problem.now} + 5 min.)`;
}

/** The error as IAM and STS word it (query protocol). */
export function queryAuthenticationError(
  problem: AuthenticationProblem,
): AwsError {
  switch (problem.kind) {
    case 'missing':
      return new AwsError(
        'MissingAuthenticationToken',
        'Request is missing Authentication Token',
        403,
      );
    case 'incomplete':
      return new AwsError('IncompleteSignature', problem.detail, 400);
    case 'unknown-key':
    case 'invalid-token':
      return new AwsError('InvalidClientTokenId', `${TOKEN_INVALID}.`, 403);
    case 'expired-token':
      return new AwsError('ExpiredToken', TOKEN_EXPIRED, 403);
    case 'presigned-expired':
      return new AwsError('RequestExpired', 'Request has expired.', 400);
    case 'too-old':
    case 'too-new':
      return new AwsError('SignatureDoesNotMatch', ageSentence(problem), 403);
    default:
      return new AwsError('SignatureDoesNotMatch', DOES_NOT_MATCH, 403);
  }
}

/** The error as EC2 words it: one message for any fault of the key or signature. */
export function ec2AuthenticationError(
  problem: AuthenticationProblem,
): AwsError {
  switch (problem.kind) {
    case 'missing':
    case 'incomplete':
      return queryAuthenticationError(problem);
    case 'expired-token':
    case 'presigned-expired':
      return new AwsError('RequestExpired', 'Request has expired.', 400);
    default:
      return new AwsError(
        'AuthFailure',
        'AWS was not able to validate the provided access credentials',
        401,
      );
  }
}

/** The error as EKS and EKS Auth word it. */
export function jsonAuthenticationError(
  problem: AuthenticationProblem,
): AwsError {
  switch (problem.kind) {
    case 'missing':
      return new AwsError(
        'MissingAuthenticationTokenException',
        'Missing Authentication Token',
        403,
      );
    case 'incomplete':
      return new AwsError('IncompleteSignatureException', problem.detail, 403);
    case 'unknown-key':
    case 'invalid-token':
      return new AwsError(
        'UnrecognizedClientException',
        `${TOKEN_INVALID}.`,
        403,
      );
    case 'expired-token':
      return new AwsError('ExpiredTokenException', TOKEN_EXPIRED, 403);
    case 'presigned-expired':
      return new AwsError('RequestExpired', 'Request has expired.', 403);
    case 'too-old':
    case 'too-new':
      return new AwsError(
        'InvalidSignatureException',
        ageSentence(problem),
        403,
      );
    default:
      return new AwsError('InvalidSignatureException', DOES_NOT_MATCH, 403);
  }
}

/** The error as S3 words it. */
export function s3AuthenticationError(
  problem: AuthenticationProblem,
): AwsError {
  switch (problem.kind) {
    case 'missing':
      return new AwsError('AccessDenied', 'Access Denied', 403);
    case 'incomplete':
      return new AwsError(
        'AuthorizationHeaderMalformed',
        `The authorization header is malformed; ${problem.detail}`,
        400,
      );
    case 'unknown-key':
      return new AwsError(
        'InvalidAccessKeyId',
        'The AWS Access Key Id you provided does not exist in our records.',
        403,
        { AWSAccessKeyId: problem.accessKeyId },
      );
    case 'invalid-token':
      return new AwsError(
        'InvalidToken',
        'The provided token is malformed or otherwise invalid.',
        400,
      );
    case 'expired-token':
      return new AwsError(
        'ExpiredToken',
        'The provided token has expired.',
        400,
      );
    case 'presigned-expired':
      return new AwsError('AccessDenied', 'Request has expired', 403);
    case 'too-old':
    case 'too-new':
      return new AwsError(
        'RequestTimeTooSkewed',
        'The difference between the request time and the current time is too large.',
        403,
        { RequestTime: problem.signedAt, ServerTime: problem.now },
      );
    case 'payload-mismatch':
      return new AwsError(
        'XAmzContentSHA256Mismatch',
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        400,
      );
    default:
      return new AwsError(
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
        403,
      );
  }
}
