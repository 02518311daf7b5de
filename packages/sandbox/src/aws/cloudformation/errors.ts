import { AwsError } from '../errors';

/** What CloudFormation says of nearly every fault of a request. */
export function validationError(message: string): AwsError {
  return new AwsError('ValidationError', message, 400);
}
