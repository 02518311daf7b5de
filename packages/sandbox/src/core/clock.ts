import { performance } from 'node:perf_hooks';
import { SimulatedClock } from './contract';

interface Task {
  at: number;
  seq: number;
  run: () => void | Promise<void>;
}

/** Longer timers overflow Node's 32-bit delay, so the clock wakes up at least this often. */
const LONGEST_TIMER_MS = 2 ** 30;

const TURN_MS = 10;

const idleMs = () => performance.eventLoopUtilization().idle;

/**
 * A clock that starts at the wall clock's time and runs at `rate` simulated milliseconds per wall millisecond.
 *
 * Where it is faster than the wall, time passes only while this process has nothing to do, and no more than two turns of
 * {@link TURN_MS} at a time: neither work, nor a slow machine, nor one that stands still lets minutes pass.
 *
 * While `advance` runs a task, the time is the one that the task was scheduled for. Tasks that it schedules in turn run
 * in the same `advance` when they become due.
 */
export class Clock implements SimulatedClock {
  #rate: number;
  #seenAt = performance.now();
  #idleAt = idleMs();
  #simulated = Date.now();
  #turns: NodeJS.Timeout | undefined;
  #frozenAt: number | undefined;
  #tasks: Task[] = [];
  #seq = 0;
  #timer: NodeJS.Timeout | undefined;
  #advancing: Promise<void> = Promise.resolve();
  #onError: (error: unknown) => void;

  constructor(options: { rate?: number; onError: (error: unknown) => void }) {
    this.#rate = options.rate ?? 1;
    this.#onError = options.onError;
    this.#takeTurns();
  }

  get rate() {
    return this.#rate;
  }

  now(): number {
    if (this.#frozenAt !== undefined) {
      return this.#frozenAt;
    }
    const [seenAt, idleAt] = [performance.now(), idleMs()];
    const passed =
      this.#rate > 1
        ? Math.min(idleAt - this.#idleAt, 2 * TURN_MS)
        : seenAt - this.#seenAt;
    [this.#seenAt, this.#idleAt] = [seenAt, idleAt];
    this.#simulated += this.#rate * passed;
    return Math.floor(this.#simulated);
  }

  setRate(rate: number): void {
    if (!Number.isFinite(rate) || rate < 0) {
      throw new RangeError(`A clock rate is a number ≥ 0, not ${rate}`);
    }
    this.#anchorAt(this.now());
    this.#rate = rate;
    this.#takeTurns();
    this.#arm();
  }

  advance(ms: number): Promise<void> {
    if (!Number.isFinite(ms) || ms < 0) {
      throw new RangeError(`The clock only moves forward, not by ${ms} ms`);
    }
    const turn = this.#advancing.then(() => this.#runUntil(this.now() + ms));
    this.#advancing = turn;
    return turn;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = () => {
        // eslint-disable-next-line @typescript-eslint/no-use-before-define
        cancel();
        reject(signal?.reason);
      };
      const cancel = this.schedule(this.now() + ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  schedule(at: number, task: () => void | Promise<void>): () => void {
    const entry: Task = { at, seq: this.#seq++, run: task };
    const index = this.#tasks.findIndex(
      other => other.at > at || (other.at === at && other.seq > entry.seq),
    );
    this.#tasks.splice(index < 0 ? this.#tasks.length : index, 0, entry);
    this.#arm();
    return () => {
      const found = this.#tasks.indexOf(entry);
      if (found >= 0) {
        this.#tasks.splice(found, 1);
        this.#arm();
      }
    };
  }

  /** Drops every task; pending sleeps never resolve. For shutting the sandbox down. */
  stop(): void {
    this.#tasks = [];
    clearTimeout(this.#timer);
    this.#timer = undefined;
    clearInterval(this.#turns);
  }

  #takeTurns() {
    clearInterval(this.#turns);
    if (this.#rate > 1) {
      this.#turns = setInterval(() => this.now(), TURN_MS).unref();
    }
  }

  #anchorAt(simulated: number) {
    this.#simulated = simulated;
    [this.#seenAt, this.#idleAt] = [performance.now(), idleMs()];
  }

  async #runUntil(target: number) {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#frozenAt = this.now();
    try {
      await this.#runDue(target);
    } finally {
      this.#frozenAt = undefined;
      this.#anchorAt(target);
      this.#arm();
    }
  }

  async #runDue(target: number) {
    while (this.#tasks.length > 0 && this.#tasks[0].at <= target) {
      const task = this.#tasks.shift()!;
      this.#frozenAt = Math.max(this.#frozenAt ?? this.now(), task.at);
      await this.#run(task);
      // Lets callers whose sleep has ended continue, and sleep again, before time advances.
      await new Promise(resolve => setImmediate(resolve));
    }
  }

  async #run(task: Task) {
    try {
      await task.run();
    } catch (error) {
      this.#onError(error);
    }
  }

  #arm() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#tasks.length === 0 || this.#frozenAt !== undefined) {
      return;
    }
    // Overdue tasks run on the next turn, even while the clock is stopped.
    const due = this.#tasks[0].at - this.now();
    if (due > 0 && this.#rate === 0) {
      return;
    }
    const wait = due > 0 ? Math.ceil(due / this.#rate) : 0;
    this.#timer = setTimeout(
      () => this.#tick(),
      Math.min(Math.max(wait, 0), LONGEST_TIMER_MS),
    );
    this.#timer.unref();
  }

  #tick() {
    this.#timer = undefined;
    const now = this.now();
    while (this.#tasks.length > 0 && this.#tasks[0].at <= now) {
      void this.#run(this.#tasks.shift()!);
    }
    this.#arm();
  }
}
