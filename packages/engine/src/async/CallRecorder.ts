import { AsyncLocalStorage } from 'node:async_hooks';
import type {
  Timeline,
  TimelineEntry,
} from 'backstage-plugin-eks-pod-identity-common';
import type { AwsServiceName } from './CallObserver';
import type { Clock } from './clock';

/** Entries of one timeline. An operation makes some 50; only hours of polling come near. */
const LIMIT = 2_000;
/** A shorter wait is the time that any code takes. */
const LEAST_WAIT_MS = 2;

type Call = Extract<TimelineEntry, { type: 'call' }>;
type Pause = Extract<TimelineEntry, { type: 'pause' }>;

/** Records the timeline of one run. @public */
export interface CallRecorder {
  /** Records every call and pause of `work`. */
  during<T>(work: () => T): T;
  /** What was recorded so far. A call that has not ended is not in it. */
  timeline(): Timeline;
}

const recording = new AsyncLocalStorage<Recorder>();

class Recorder implements CallRecorder {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #startedAt: number;
  readonly #entries: TimelineEntry[] = [];
  #cut = 0;

  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
    this.#startedAt = clock.now();
  }

  during<T>(work: () => T): T {
    return recording.run(this, work);
  }

  timeline(): Timeline {
    return {
      durationMs: this.now(),
      entries: [...this.#entries].sort((a, b) => a.startMs - b.startMs),
      cut: this.#cut,
    };
  }

  /** Milliseconds since the start. */
  now(): number {
    return this.#clock.now() - this.#startedAt;
  }

  add(entry: TimelineEntry): void {
    if (this.#entries.length < this.#limit) this.#entries.push(entry);
    else this.#cut += 1;
  }
}

/** A recorder whose timeline starts now. Without one nothing is recorded. @public */
export function createCallRecorder(options: {
  clock: Clock;
  /** Most entries that are kept; default 2,000. */
  limit?: number;
}): CallRecorder {
  return new Recorder(options.clock, options.limit ?? LIMIT);
}

/** A call while it is being made. */
export interface RecordedCall {
  /** The request goes out now; until then the call has waited. */
  sent(): void;
  /** Only the first end counts. @returns when it ended, for a next attempt */
  ended(outcome: string): number;
}

/**
 * Begins to record a call; undefined when no timeline is recorded.
 *
 * @param failedAt - when the attempt before this one ended
 */
export function recordCall(
  service: AwsServiceName | 'kubernetes',
  operation: string,
  failedAt?: number,
): RecordedCall | undefined {
  const recorder = recording.getStore();
  if (!recorder) return undefined;
  const startMs = failedAt ?? recorder.now();
  let waitMs = 0;
  let end: number | undefined;
  return {
    sent() {
      waitMs = recorder.now() - startMs;
    },
    ended(outcome) {
      if (end !== undefined) return end;
      end = recorder.now();
      const waited = waitMs >= LEAST_WAIT_MS;
      const waitedFor: Call['waitedFor'] =
        failedAt === undefined ? 'pacing' : 'retry';
      recorder.add({
        type: 'call',
        service,
        operation,
        startMs,
        waitMs: waited ? waitMs : 0,
        ...(waited ? { waitedFor } : {}),
        durationMs: end - startMs - (waited ? waitMs : 0),
        outcome,
      });
      return end;
    },
  };
}

/** Sleeps, and records it as a pause between calls. @public */
export function pause(
  why: Pause['why'],
  clock: Clock,
  ms: number,
  signal?: AbortSignal,
): Promise<void> {
  return pausing(why, () => clock.sleep(ms, signal));
}

/** Records `work` as a pause between calls. */
export async function pausing<T>(
  why: Pause['why'],
  work: () => Promise<T>,
): Promise<T> {
  const recorder = recording.getStore();
  if (!recorder) return work();
  const startMs = recorder.now();
  try {
    return await work();
  } finally {
    const durationMs = recorder.now() - startMs;
    if (durationMs >= LEAST_WAIT_MS) {
      recorder.add({ type: 'pause', why, startMs, durationMs });
    }
  }
}
