import { setImmediate } from 'node:timers/promises';

/** Longer than a card of one identity works without a pause, in milliseconds. */
const TURN_MS = 4;

/**
 * Lets other requests have the one thread during work on many things: to be awaited after each of them. It waits for
 * nothing unless the work has gone on for longer than its turn; a new function begins a new turn.
 */
export function turns(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < TURN_MS) return;
    await setImmediate();
    since = performance.now();
  };
}
