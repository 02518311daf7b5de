import { Problem, toProblem } from './problems';

/** Longest wait for one answer. */
const ANSWER_MS = 60_000;
/** A page that becomes visible again asks again, unless its last answer is younger than this. */
const FRESH_MS = 5_000;

export interface Polled<T> {
  data?: T;
  /** Set beside `data` when only the last request failed. */
  problem?: Problem;
  loading: boolean;
}

/** What is polled, and how often. */
export interface PollingOptions<T> {
  load(signal: AbortSignal): Promise<T>;
  /** What to show of the last answer after a later request failed. */
  keepOnFailure(data: T, problem: Problem): T | undefined;
  /** Milliseconds until the next request; undefined: none until the page becomes visible again. */
  pauseMs(state: Polled<T>, lastAnswer: T | undefined): number | undefined;
}

/** Loads something at once, after each pause while the page is visible, and on `refresh`. */
export class Poller<T> {
  readonly #options: PollingOptions<T>;
  readonly #onState: (state: Polled<T>) => void;
  readonly #stopped = new AbortController();
  #state: Polled<T> = { loading: true };
  #lastAnswer?: T;
  #answeredAt = 0;
  #isAsking = false;
  #askAgain = false;
  #timer?: ReturnType<typeof setTimeout>;

  constructor(options: PollingOptions<T>, onState: (state: Polled<T>) => void) {
    this.#options = options;
    this.#onState = onState;
  }

  start() {
    document.addEventListener('visibilitychange', this.#onVisibility);
    this.#show({ loading: true });
    this.#ask();
  }

  refresh() {
    if (!this.#state.data) this.#show({ loading: true });
    this.#ask();
  }

  stop() {
    document.removeEventListener('visibilitychange', this.#onVisibility);
    clearTimeout(this.#timer);
    this.#stopped.abort();
  }

  readonly #onVisibility = () => {
    const isOld = Date.now() - this.#answeredAt > FRESH_MS;
    if (document.visibilityState === 'visible' && isOld) this.#ask();
  };

  #show(state: Polled<T>) {
    this.#state = state;
    this.#onState(state);
  }

  /** One request at a time: what is asked meanwhile is asked once, after the answer. */
  async #ask() {
    clearTimeout(this.#timer);
    if (this.#isAsking) {
      this.#askAgain = true;
      return;
    }
    this.#isAsking = true;
    do {
      this.#askAgain = false;
      await this.#askOnce();
    } while (this.#askAgain && !this.#stopped.signal.aborted);
    this.#isAsking = false;
    if (this.#stopped.signal.aborted) return;
    this.#answeredAt = Date.now();
    this.#scheduleNext();
  }

  async #askOnce() {
    const { signal } = this.#stopped;
    try {
      const data = await withDeadline(signal, this.#options.load);
      if (signal.aborted) return;
      this.#lastAnswer = data;
      this.#show({ data, loading: false });
    } catch (error) {
      if (signal.aborted) return;
      const problem = toProblem(error);
      const data =
        this.#state.data &&
        this.#options.keepOnFailure(this.#state.data, problem);
      this.#show({ data, problem, loading: false });
    }
  }

  #scheduleNext() {
    const ms = this.#options.pauseMs(this.#state, this.#lastAnswer);
    if (ms === undefined) return;
    this.#timer = setTimeout(() => {
      if (document.visibilityState === 'hidden') this.#answeredAt = 0;
      else this.#ask();
    }, ms);
  }
}

/** Fails, and aborts the request, when the answer takes too long: no spinner waits for ever. */
async function withDeadline<T>(
  outer: AbortSignal,
  load: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const inner = new AbortController();
  const stop = () => inner.abort();
  outer.addEventListener('abort', stop, { once: true });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      load(inner.signal),
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          reject(
            new Error(
              `The backend did not answer within ${ANSWER_MS / 1000} seconds.`,
            ),
          );
          inner.abort();
        }, ANSWER_MS);
      }),
    ]);
  } finally {
    clearTimeout(timer);
    outer.removeEventListener('abort', stop);
  }
}
