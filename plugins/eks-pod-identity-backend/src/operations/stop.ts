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
