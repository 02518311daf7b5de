import { toError } from '@backstage/errors';
import type { OperationError } from 'backstage-plugin-eks-pod-identity-common';

/** Why a run stops before its end. */
export type StopReason = 'cancelled' | 'lost' | 'handover' | 'deadline';

/** Reason with which a run's AbortSignal aborts. Its name lets every part tell an abort from a failure. */
export class StopError extends Error {
  readonly reason: StopReason;

  constructor(reason: StopReason, message: string) {
    super(message);
    this.name = 'AbortError';
    this.reason = reason;
  }
}

/** Longest error text that is stored. */
const MAX_ERROR_LENGTH = 4000;

const CANCELLED =
  'What was done so far stands: run it again to finish it, or remove the identity';

/** Class and sentence of an error; a bare abort is described by its cause. */
export function describe(error: unknown, stop?: StopError): OperationError {
  const { name, message } = toError(error);
  const bare = error === stop || name === 'AbortError';
  if (!bare || !stop) {
    return { name, message: message.slice(0, MAX_ERROR_LENGTH) };
  }
  return stop.reason === 'cancelled'
    ? { name: 'CancelledError', message: `${stop.message}. ${CANCELLED}` }
    : { name: 'TimeoutError', message: stop.message };
}
