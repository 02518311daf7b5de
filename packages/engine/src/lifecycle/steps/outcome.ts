import { CustomErrorBase, toError } from '@backstage/errors';
import { errorClassTable } from 'backstage-plugin-eks-pod-identity-common';
import type { StepOutcome } from './StepRunner';

/** The operation was stopped between two steps; the message says what stands. */
export class CancelledError extends CustomErrorBase {
  name = 'CancelledError' as const;
}

/** Something failed that fits no other class. */
class OperationFailedError extends CustomErrorBase {
  name = 'OperationFailedError' as const;
}

/** An error of the same class with another sentence. */
function sameClass(error: Error, message: string): Error {
  const Class = errorClassTable[error.name] ?? OperationFailedError;
  return new Class(message);
}

function isFailed(
  outcome: StepOutcome,
): outcome is Extract<StepOutcome, { state: 'failed' }> {
  return outcome.state === 'failed';
}

function listing(outcomes: StepOutcome[]): string {
  return outcomes.map(({ work }) => work.what).join('; ');
}

function summary(outcomes: StepOutcome[]): string {
  const done = outcomes.filter(({ state }) => state === 'done');
  const notDone = outcomes.filter(({ state }) => state !== 'done');
  return [
    done.length ? `Done: ${listing(done)}.` : 'Nothing was done.',
    `Not done: ${listing(notDone)}.`,
  ].join(' ');
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Why an apply failed, with what was done and what was not. */
export function failedPartly(outcomes: StepOutcome[]): Error {
  const failures = outcomes.filter(isFailed);
  const [first, ...others] = failures;
  const also = others.map(({ error }) => sentence(error.message));
  return sameClass(
    first.error,
    [
      sentence(first.error.message),
      ...also,
      summary(outcomes),
      'Running it again carries on from there.',
    ].join(' '),
  );
}

/** Why an apply stopped, with what stands. */
export function stoppedPartly(
  outcomes: StepOutcome[],
  reason: unknown,
): CancelledError {
  return new CancelledError(
    [
      sentence(toError(reason).message),
      summary(outcomes),
      'What was done stands: run it again to finish it, or remove the identity.',
    ].join(' '),
  );
}
