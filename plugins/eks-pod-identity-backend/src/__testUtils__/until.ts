import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks every 10 ms until the answer is neither false nor undefined, and answers it.
 * @throws after a minute, so that a test which waits in vain ends its loop too
 */
export async function until<T>(
  ask: () => T | Promise<T>,
): Promise<Exclude<T, false | undefined>> {
  const end = Date.now() + 60_000;
  while (Date.now() < end) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) {
      return answer as Exclude<T, false | undefined>;
    }
    await sleep(10);
  }
  throw new Error(`It did not come within a minute: ${ask}`);
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
