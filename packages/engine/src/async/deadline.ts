import type { Clock } from './clock';

/** A signal that aborts at a deadline of the injected clock, and whenever the other signal does. */
export interface Deadline {
  signal: AbortSignal;
  /** True once the deadline passed; false when only the other signal aborted. */
  passed(): boolean;
  /** Stops the clock; call it when the work is done. */
  cancel(): void;
}

/** Starts a deadline of `ms` milliseconds. */
export function deadlineSignal(
  clock: Clock,
  ms: number,
  other?: AbortSignal,
): Deadline {
  const controller = new AbortController();
  const stop = new AbortController();
  let passed = false;
  const seconds = Math.round(ms / 100) / 10;
  clock.sleep(Math.max(0, ms), stop.signal).then(
    () => {
      passed = true;
      controller.abort(new Error(`The deadline of ${seconds} s has passed`));
    },
    () => undefined,
  );
  return {
    signal: other
      ? AbortSignal.any([other, controller.signal])
      : controller.signal,
    passed: () => passed,
    cancel: () => stop.abort(),
  };
}
