import { ProxyError } from '../network/ProxyError';
import { parseDenial } from './denial';
import { foreign, LONGEST_MESSAGE, toParse, untrusted } from '../text/foreign';
import type { AwsErrorInfo } from './types';

type Kind = AwsErrorInfo['kind'];

/**
 * AWS's codes by meaning. Compared without a trailing `Exception`, because the SDK appends it for modelled
 * errors and leaves it off for others: IAM's `NoSuchEntity` arrives as `NoSuchEntityException`, IAM's denial as
 * `AccessDenied`, EKS's as `AccessDeniedException`.
 */
const CODES: Record<string, Kind> = {
  NoSuchEntity: 'not-found',
  ResourceNotFound: 'not-found',
  NotFound: 'not-found',

  AccessDenied: 'denied',
  UnauthorizedOperation: 'denied',
  NotAuthorized: 'denied',
  AuthorizationError: 'denied',
  OptInRequired: 'denied',

  EntityAlreadyExists: 'conflict',
  ConcurrentModification: 'conflict',
  Conflict: 'conflict',
  IdempotentParameterMismatch: 'conflict',

  DeleteConflict: 'in-use',
  ResourceInUse: 'in-use',
  EntityTemporarilyUnmodifiable: 'in-use',

  InvalidParameter: 'invalid',
  InvalidParameterValue: 'invalid',
  InvalidParameterCombination: 'invalid',
  InvalidRequest: 'invalid',
  InvalidInput: 'invalid',
  MalformedPolicyDocument: 'invalid',
  MissingParameter: 'invalid',
  PolicyNotAttachable: 'invalid',
  UnmodifiableEntity: 'invalid',
  Validation: 'invalid',
  ValidationError: 'invalid',
  BadRequest: 'invalid',
  UnsupportedAvailabilityZone: 'invalid',

  LimitExceeded: 'limit',
  ResourceLimitExceeded: 'limit',
  ServiceQuotaExceeded: 'limit',
  PackedPolicyTooLarge: 'limit',

  Throttling: 'throttled',
  Throttled: 'throttled',
  ThrottledRequest: 'throttled',
  RequestThrottled: 'throttled',
  RequestThrottling: 'throttled',
  TooManyRequests: 'throttled',
  RequestLimitExceeded: 'throttled',
  BandwidthLimitExceeded: 'throttled',
  SlowDown: 'throttled',
  PriorRequestNotComplete: 'throttled',

  CredentialsProviderError: 'credentials',
  ProviderError: 'credentials',
  TokenProviderError: 'credentials',
  AwsCredentialsError: 'credentials',
  ExpiredToken: 'credentials',
  RequestExpired: 'credentials',
  InvalidClientTokenId: 'credentials',
  AuthFailure: 'credentials',
  InvalidAccessKeyId: 'credentials',
  UnrecognizedClient: 'credentials',
  SignatureDoesNotMatch: 'credentials',
  InvalidSignature: 'credentials',
  IncompleteSignature: 'credentials',
  MissingAuthenticationToken: 'credentials',

  TimeoutError: 'unreachable',
  NetworkingError: 'unreachable',
  RequestTimeout: 'unreachable',

  AbortError: 'aborted',

  AnswerTooLong: 'other',

  Server: 'server',
  ServiceFailure: 'server',
  ServiceUnavailable: 'server',
  InternalFailure: 'server',
  InternalError: 'server',
  InternalServerError: 'server',
  InternalServer: 'server',
};

/** Node's codes for "no answer". TLS failures count: no trusted server answered. */
const SOCKET =
  /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|EPROTO|UND_ERR_|ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

/** HTTP statuses, for unknown codes. */
function kindOfStatus(status: number | undefined): Kind | undefined {
  if (status === undefined) return undefined;
  if (status === 404) return 'not-found';
  if (status === 403) return 'denied';
  if (status === 409) return 'conflict';
  if (status === 429) return 'throttled';
  if (status === 400) return 'invalid';
  return status >= 500 ? 'server' : undefined;
}

/** Twice the longest code of AWS. */
const LONGEST_CODE = 128;

/** The code of an SDK error: its `Code` (query protocol) if it has one, else the class's name. */
function codeOf(error: any): string {
  const code = untrusted(error?.Code) ?? untrusted(error?.name);
  return foreign(code, LONGEST_CODE) || 'Error';
}

/** For errors from another JavaScript realm the SDK keeps only the text, which then holds the code. */
const SOCKET_TEXT =
  /^AWS SDK error wrapper for .*\b(E(?:CONN[A-Z]+|NOTFOUND|AI_AGAIN|TIMEDOUT|HOSTUNREACH|NETUNREACH|PIPE|PROTO))\b/;

/** What Node says of a connection that was closed before or within the answer; the code is ECONNRESET. */
const CLOSED =
  /^(AWS SDK error wrapper for \w*Error: )?(socket hang up|aborted)\b/;

function socketCodeOf(error: any): string | undefined {
  // Node tries IPv4 and IPv6 and wraps both failures in an AggregateError with no message.
  const candidates = [error, error?.cause, error?.errors?.[0]];
  const code = candidates
    .map(candidate => candidate?.code)
    .find(value => typeof value === 'string' && SOCKET.test(value));
  if (code) return foreign(code, LONGEST_CODE);
  const text = toParse(untrusted(error?.message), LONGEST_MESSAGE);
  return (
    SOCKET_TEXT.exec(text)?.[1] ??
    (CLOSED.test(text) ? 'ECONNRESET' : undefined)
  );
}

function messageOf(error: any): string {
  const text = toParse(
    untrusted(error?.message) ??
      untrusted(error?.Message) ??
      untrusted(error?.errors?.[0]?.message) ??
      untrusted(error?.cause?.message),
    LONGEST_MESSAGE,
  );
  if (CLOSED.test(text)) {
    return 'the connection was closed before the answer was complete';
  }
  return foreign(
    text
      // What the SDK appends for programmers
      .split('Deserialization error: to see the raw response', 1)[0]
      .replace(/^AWS SDK error wrapper for (\w*Error: )?/, '')
      // The package name of the HTTP client means nothing to a reader
      .replace(/^@smithy\/[\w-]+ - \[\w+\] /, ''),
  );
}

/**
 * Classifies an error of an AWS client across the services' different codes. Never throws; the message is
 * redacted.
 */
export function classifyAwsError(error: unknown): AwsErrorInfo {
  const e = error as any;
  const message = messageOf(e);
  if (e instanceof ProxyError) {
    const { code, trouble: proxy } = e;
    return { kind: 'unreachable', code, message, proxy };
  }
  const code = codeOf(e);
  const rawStatus = e?.$metadata?.httpStatusCode ?? e?.$response?.statusCode;
  const status = typeof rawStatus === 'number' ? rawStatus : undefined;
  const base = { code, message, ...(status ? { status } : {}) };

  const known = CODES[code] ?? CODES[code.replace(/Exception$/, '')];
  const socketCode = socketCodeOf(e);
  if (socketCode && known !== 'aborted') {
    return {
      ...base,
      kind: 'unreachable',
      code: socketCode,
      message: message || socketCode,
    };
  }
  if (known === 'in-use' && /already exists/i.test(message)) {
    // EKS answers "Association already exists: a-…" with the code of "in use".
    return { ...base, kind: 'conflict' };
  }
  if (known === 'denied') {
    const { principal, action, resource, layer } = parseDenial(message);
    return { ...base, kind: 'denied', principal, action, resource, layer };
  }
  if (known) {
    return { ...base, kind: known };
  }
  if (e?.$retryable?.throttling) {
    return { ...base, kind: 'throttled' };
  }
  const fallback = kindOfStatus(status);
  if (fallback === 'denied') {
    const { principal, action, resource, layer } = parseDenial(message);
    return { ...base, kind: 'denied', principal, action, resource, layer };
  }
  // A 2xx whose body could not be read: it was cut off or did not come from AWS.
  const unreadable = e instanceof SyntaxError || status !== undefined;
  return { ...base, kind: fallback ?? (unreadable ? 'server' : 'other') };
}
