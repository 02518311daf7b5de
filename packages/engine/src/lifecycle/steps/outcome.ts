import { CustomErrorBase, toError } from '@backstage/errors';
import { errorClassTable } from 'backstage-plugin-eks-pod-identity-common';
import type { Deed } from './Step';

/** A deed and its dependencies. */
export interface Work {
  /** Id under which its events are recorded. */
  id: string;
  dependsOn: string[];
  deed: Deed;
}

/** Outcome of a deed. */
export type Outcome =
  | { work: Work; state: 'done' }
  | { work: Work; state: 'failed'; error: Error }
  | { work: Work; state: 'skipped'; because: string };

/** The operation was stopped between two steps; the message lists the finished ones. */
export class CancelledError extends CustomErrorBase {
  name = 'CancelledError' as const;
}

/** A failure that fits no other class. */
class OperationFailedError extends CustomErrorBase {
  name = 'OperationFailedError' as const;
}

/** An error of the same class with another sentence. */
export function sameClass(error: Error, message: string): Error {
  const Class = errorClassTable[error.name] ?? OperationFailedError;
  return new Class(message);
}

function isFailed(
  outcome: Outcome,
): outcome is Extract<Outcome, { state: 'failed' }> {
  return outcome.state === 'failed';
}

function listing(outcomes: Outcome[]): string {
  return outcomes.map(({ work }) => work.deed.does).join('; ');
}

function summary(outcomes: Outcome[]): string {
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
export function failedPartly(
  outcomes: Outcome[],
  again = 'Running it again carries on from there.',
): Error {
  const failures = outcomes.filter(isFailed);
  const [first] = failures;
  return sameClass(
    first.error,
    [
      // Steps that wait for the same reading fail with the same words.
      ...new Set(failures.map(({ error }) => sentence(error.message))),
      summary(outcomes),
      ...(again ? [again] : []),
    ].join(' '),
  );
}

/** Why an apply stopped, with the finished steps. */
export function stoppedPartly(
  outcomes: Outcome[],
  reason: unknown,
): CancelledError {
  return new CancelledError(
    [
      sentence(toError(reason).message),
      summary(outcomes),
      'The finished steps remain: run it again to finish the rest, or remove the identity.',
    ].join(' '),
  );
}
