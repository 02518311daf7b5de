import { RecordedCall } from '../core/contract';
import { Caller } from './authentication';
import { AuthenticationProblem, AwsError } from './errors';
import { AwsReply, AwsRequest } from './protocol/request';
import { RequestContext } from './policy/match';

/** One authenticated call, as a service gets it. */
export interface AwsCall {
  operation: string;
  request: AwsRequest;
  requestId: string;
  caller: Caller;
  /** Of the credential scope. */
  region: string;
  /** What policies know about the caller before the operation adds its own keys. */
  context: RequestContext;
}

/** One AWS service behind the common port. */
export interface AwsService {
  readonly name: RecordedCall['service'];
  /** Names the operation, and the cluster if there is one; undefined when the service has no such operation. */
  route(
    request: AwsRequest,
  ): { operation: string; cluster?: string } | undefined;
  unknownOperation(request: AwsRequest): AwsError;
  handle(call: AwsCall): Promise<AwsReply>;
  /** Handles an operation that nobody signs; undefined when this one must be signed. */
  handleUnsigned?(
    operation: string,
    request: AwsRequest,
    requestId: string,
  ): Promise<AwsReply> | undefined;
  authenticationError(problem: AuthenticationProblem): AwsError;
  renderError(error: AwsError, requestId: string): AwsReply;
}

const WRITES =
  /^(Add|Associate|Attach|Create|Delete|Detach|Disassociate|Modify|Put|Remove|SetDefault|Tag|Untag|Update)/;

/** Whether an operation of the AWS side changes stored state. */
export function isWrite(operation: string): boolean {
  return WRITES.test(operation);
}
