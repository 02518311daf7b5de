import { CallCounter, RecordedCall } from './contract';

/** Enough for any test, and a bound for a demo portal that runs for weeks. */
const MOST_CALLS_KEPT = 50_000;

/** Records the calls since the last reset, oldest first; drops the oldest beyond a limit. */
export class Calls implements CallCounter {
  #calls: RecordedCall[] = [];

  record(call: RecordedCall): void {
    this.#calls.push(call);
    if (this.#calls.length > MOST_CALLS_KEPT) {
      this.#calls.splice(0, this.#calls.length - MOST_CALLS_KEPT);
    }
  }

  calls(): RecordedCall[] {
    return [...this.#calls];
  }

  reset(): void {
    this.#calls = [];
  }
}

/** Numbers of calls by `service:operation`, as tests and the control API show them. */
export function countByOperation(
  calls: RecordedCall[],
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const call of calls) {
    const key = `${call.service}:${call.operation}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}
