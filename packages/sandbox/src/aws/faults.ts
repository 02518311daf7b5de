import { FaultKind } from '../core/contract';
import { AwsError } from './errors';
import { AwsService } from './service';

/** Faults that a service answers with an error of its own; the others break the connection. */
type AnsweredFault = Extract<
  FaultKind,
  'throttle' | 'server-error' | 'unavailable'
>;

const UNKNOWN =
  'The request processing has failed because of an unknown error, exception or failure.';

/** Code, status and message by service: "Common errors" of each service's API reference. */
const ERRORS: Record<
  AwsService['name'],
  Record<AnsweredFault, [code: string, status: number, message: string]>
> = {
  cloudformation: {
    throttle: ['Throttling', 400, 'Rate exceeded'],
    'server-error': ['InternalFailure', 500, UNKNOWN],
    unavailable: ['ServiceUnavailable', 503, 'Service is unavailable'],
  },
  iam: {
    throttle: ['Throttling', 400, 'Rate exceeded'],
    'server-error': ['ServiceFailure', 500, UNKNOWN],
    unavailable: ['ServiceUnavailable', 503, 'Service is unavailable'],
  },
  sts: {
    throttle: ['Throttling', 400, 'Rate exceeded'],
    'server-error': ['InternalFailure', 500, UNKNOWN],
    unavailable: ['ServiceUnavailable', 503, 'Service is unavailable'],
  },
  eks: {
    throttle: ['ThrottlingException', 429, 'Rate exceeded'],
    'server-error': ['ServerException', 500, 'Internal server error'],
    unavailable: ['ServiceUnavailableException', 503, 'Service is unavailable'],
  },
  'eks-auth': {
    throttle: ['ThrottlingException', 429, 'Rate exceeded'],
    'server-error': ['InternalServerException', 500, 'Internal server error'],
    unavailable: ['ServiceUnavailableException', 503, 'Service is unavailable'],
  },
  cloudtrail: {
    throttle: ['ThrottlingException', 400, 'Rate exceeded'],
    'server-error': ['InternalFailure', 500, UNKNOWN],
    unavailable: ['ServiceUnavailable', 503, 'Service is unavailable'],
  },
  ec2: {
    throttle: ['RequestLimitExceeded', 503, 'Request limit exceeded.'],
    'server-error': ['InternalError', 500, 'An internal error has occurred'],
    unavailable: [
      'Unavailable',
      503,
      "The server is overloaded and can't handle the request.",
    ],
  },
  s3: {
    throttle: ['SlowDown', 503, 'Please reduce your request rate.'],
    'server-error': [
      'InternalError',
      500,
      'We encountered an internal error. Please try again.',
    ],
    unavailable: [
      'ServiceUnavailable',
      503,
      'Service is unable to handle request.',
    ],
  },
};

/** The error with which a service answers a fault; undefined for a fault of the connection. */
export function faultError(
  service: AwsService['name'],
  kind: FaultKind,
): AwsError | undefined {
  const known = ERRORS[service][kind as AnsweredFault];
  if (!known) {
    return undefined;
  }
  const [code, status, message] = known;
  return new AwsError(code, message, status);
}
