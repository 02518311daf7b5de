import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How long a test, and the portal in it, waits for what must come. No machine pauses for as long, so a limit that is
 * this long fails only where something hangs, which then takes longer to be reported. Milliseconds; more in a slow run,
 * which stops every process for seconds.
 */
export const PATIENCE_MS = 60_000 * Number(process.env.EKS_TEST_SLOW || 1);

/**
 * Asks every 10 ms until the answer is neither false nor undefined, and answers it.
 * @throws when patience ends, so that a test which waits in vain ends its loop too
 */
export async function until<T>(
  ask: () => T | Promise<T>,
): Promise<Exclude<T, false | undefined>> {
  const end = Date.now() + PATIENCE_MS;
  // The last look comes after the end: the process may have been stopped since the one before
  for (let late = false; !late; ) {
    late = Date.now() >= end;
    const answer = await ask();
    if (answer !== false && answer !== undefined) {
      return answer as Exclude<T, false | undefined>;
    }
    await sleep(10);
  }
  throw new Error(`It did not come within ${PATIENCE_MS / 1_000} s: ${ask}`);
}

/** @throws when the work has not ended by then; it goes on unheard */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = sleep(ms, undefined, { signal: over.signal }).then(() => {
    throw new Error(`It did not end within ${ms / 1_000} s`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    late.catch(() => undefined);
    over.abort();
  }
}
