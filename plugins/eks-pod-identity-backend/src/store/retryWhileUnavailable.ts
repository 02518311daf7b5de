import { isError, ServiceUnavailableError } from '@backstage/errors';
import { Clock } from 'eks-pod-identity-engine';
import { isDatabaseError } from './databaseErrors';

/** By then a database that restarts or fails over is back. */
const RETRY_MS = 120_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Codes of node's sockets, and of PostgreSQL while it stops, starts, or has no room (its class 08, 53 and 57P). A client of
 * ours that breaks off its request is ECONNABORTED.
 */
const AWAY_CODES =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|08\w{3}|53300|57P0[123])$/;
const AWAY_WORDS =
  /connection (terminated|ended)|terminating connection|connection error|timeout acquiring a connection/i;

/** True when the connection to the database failed, not the statement. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!isError(error)) return false;
  return (
    AWAY_CODES.test(String(error.code ?? '')) || AWAY_WORDS.test(error.message)
  );
}

export interface RetryOptions {
  /** Ends the wait; its reason is then thrown. */
  signal?: AbortSignal;
  /** Milliseconds; `Infinity` leaves the end to the signal. */
  forMs?: number;
  /** Called once when the database cannot be reached. */
  onAway?(error: Error): void;
  /** Called when it is back, with the milliseconds waited. */
  onBack?(waitedMs: number): void;
  /** Called with what the driver said of a statement that the database refused. */
  onRefused?(error: Error): void;
}

/**
 * Repeats work while the database cannot be reached, so that an operation outlives its restart. Whether a commit that
 * was cut off took place is not known: the work must be repeatable.
 *
 * @throws ServiceUnavailableError when it stays unreachable; an error without the driver's words, which name statements
 * and values, when the database refuses the work
 */
export async function retryWhileUnavailable<T>(
  clock: Clock,
  work: () => Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const { signal, forMs = RETRY_MS, onAway, onBack, onRefused } = options;
  const since = clock.now();
  let wait = FIRST_PAUSE_MS;
  let away = false;
  for (;;) {
    try {
      const answer = await work();
      if (away) onBack?.(clock.now() - since);
      return answer;
    } catch (error) {
      if (!isDatabaseUnavailable(error)) {
        if (!isDatabaseError(error)) throw error;
        onRefused?.(error);
        throw new Error(
          "The portal's database refused a statement; the log of the portal's backend says why",
        );
      }
      if (!away) onAway?.(error as Error);
      away = true;
      if (clock.now() + wait > since + forMs) {
        throw new ServiceUnavailableError(
          `The portal's database could not be reached for ${
            forMs / 1000
          } s; the operation is carried on once it is back`,
        );
      }
    }
    await clock.sleep(wait, signal);
    wait = Math.min(wait * 2, LONGEST_PAUSE_MS);
  }
}
