import { RecordedCall } from '../core/contract';
import { Caller } from './authentication';
import type { EventNotes } from './cloudTrail/record';
import { AuthenticationProblem, AwsError } from './errors';
import { AwsReply, AwsRequest } from './protocol/request';
import { RequestContext } from './policy/match';

/** An authenticated call to a service. */
export interface AwsCall {
  operation: string;
  request: AwsRequest;
  requestId: string;
  caller: Caller;
  /** Region of the credential scope. */
  region: string;
  /** Condition keys of the caller; the operation adds its own. */
  context: RequestContext;
  /** What the operation lets its CloudTrail event say. */
  event: CallNotes;
}

/** Beside the usual, the account of an assumed role, which gets the event too. */
export type CallNotes = EventNotes & { roleAccount?: string };

/** An AWS service on the shared port. */
export interface AwsService {
  readonly name: Exclude<RecordedCall['service'], 'kubernetes'>;
  /** Finds the operation, and the cluster if it has one; undefined when the service lacks the operation. */
  route(
    request: AwsRequest,
  ): { operation: string; cluster?: string } | undefined;
  unknownOperation(request: AwsRequest): AwsError;
  handle(call: AwsCall): Promise<AwsReply>;
  /** Handles an operation that needs no signature; undefined when this one needs one. */
  handleUnsigned?(
    operation: string,
    request: AwsRequest,
    requestId: string,
  ): Promise<AwsReply> | undefined;
  authenticationError(problem: AuthenticationProblem): AwsError;
  renderError(error: AwsError, requestId: string): AwsReply;
}

const WRITES =
  /^(Add|Associate|Attach|Create|Delete|Detach|Disassociate|Execute|Modify|Put|Remove|SetDefault|Tag|Untag|Update)/;

/** Whether an operation of the AWS side changes stored state. */
export function isWrite(operation: string): boolean {
  return WRITES.test(operation);
}
