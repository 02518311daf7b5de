import { isError, ServiceUnavailableError } from '@backstage/errors';
import { Clock } from 'eks-pod-identity-engine';

/** A database that restarts or fails over is back by then. */
const PATIENCE_MS = 120_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Codes of node's sockets, and of PostgreSQL while it stops, starts, or has no room (its class 08, 53 and 57P). */
const AWAY_CODES =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|08\w{3}|53300|57P0[123])$/;
const AWAY_WORDS =
  /connection (terminated|ended)|terminating connection|connection error|timeout acquiring a connection/i;

/** True when it was not the statement that failed but the way to the database. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!isError(error)) return false;
  return (
    AWAY_CODES.test(String(error.code ?? '')) || AWAY_WORDS.test(error.message)
  );
}

export interface RetryOptions {
  /** Ends the waiting; the answer is then the signal's reason. */
  signal?: AbortSignal;
  /** Milliseconds; `Infinity` leaves the end to the signal. */
  forMs?: number;
  /** Told once when the database is found away. */
  onAway?(error: Error): void;
  /** Told when it is back, with the milliseconds that were waited. */
  onBack?(waitedMs: number): void;
}

/**
 * Repeats work on the database while the database is away, so that an operation outlives its restart. Whether a
 * commit that was cut off took place is not known: the work must bear being done twice.
 *
 * @throws ServiceUnavailableError when it stays away
 */
export async function retryWhileUnavailable<T>(
  clock: Clock,
  work: () => Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const { signal, forMs = PATIENCE_MS, onAway, onBack } = options;
  const since = clock.now();
  let wait = FIRST_PAUSE_MS;
  let away = false;
  for (;;) {
    try {
      const answer = await work();
      if (away) onBack?.(clock.now() - since);
      return answer;
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
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
