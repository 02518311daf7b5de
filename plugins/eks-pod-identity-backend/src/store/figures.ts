import type { LoggerService } from '@backstage/backend-plugin-api';
import type { Clock } from 'eks-pod-identity-engine';
import type { Store, Unfinished } from '.';
import type { UnfinishedQueues } from './MoveQueueStore';

/** The database is asked at most this often, however many read metrics. */
const FRESH_MS = 15_000;
/** It counts identities at most this often: it has to look at each of them. */
const COUNT_MS = 60_000;
/** An answer is not awaited for longer: the connection may be gone. */
const HUNG_MS = 60_000;
/** Prometheus gives up after 10 seconds by default, and would then have no metric of this process at all. */
const PATIENT_MS = 5_000;

/** What metrics show of the database. */
export interface Figures {
  unfinished: Unfinished[];
  moves: UnfinishedQueues;
  /** End of the last whole sweep by cluster, epoch milliseconds; none before the first. */
  sweptAt: Map<string, number | undefined>;
  /** By cluster and status, without those that do not occur. */
  identities: Map<string, Record<string, number>>;
}

export interface FiguresOptions {
  clock: Clock;
  logger: LoggerService;
  store: Store;
}

/** Reads the figures once for those that ask at the same time or soon after. */
export class FiguresReader {
  readonly #options: FiguresOptions;
  #readAt = -Infinity;
  #isReading = false;
  #figures: Promise<Figures | undefined> = Promise.resolve(undefined);
  #countedAt = -Infinity;
  #identities: Figures['identities'] = new Map();
  #refusal?: Error;
  #isUp = true;

  constructor(options: FiguresOptions) {
    this.#options = options;
  }

  /** Undefined where the database refuses, or does not answer in time; a later question waits for the same answer. */
  async read(): Promise<Figures | undefined> {
    const { clock } = this.#options;
    const age = clock.now() - this.#readAt;
    if (age >= (this.#isReading ? HUNG_MS : FRESH_MS)) this.#begin();
    const answered = new AbortController();
    const late = clock
      .sleep(PATIENT_MS, answered.signal)
      .then(() => undefined)
      .catch(() => undefined);
    const figures = await Promise.race([this.#figures, late]);
    answered.abort();
    this.#note(figures !== undefined);
    return figures;
  }

  #begin() {
    this.#readAt = this.#options.clock.now();
    this.#isReading = true;
    this.#refusal = undefined;
    const figures: Promise<Figures | undefined> = this.#query()
      .catch(error => {
        if (this.#figures === figures) this.#refusal = error;
        return undefined;
      })
      .finally(() => {
        if (this.#figures === figures) this.#isReading = false;
      });
    this.#figures = figures;
  }

  /** Each metric asks: the log has it once. */
  #note(isUp: boolean) {
    if (this.#isUp && !isUp) {
      this.#options.logger.warn(
        "The portal's database does not answer what metrics ask",
        this.#refusal,
      );
    }
    this.#isUp = isUp;
  }

  /** One question after the other, so that a database that hangs holds one connection. */
  async #query(): Promise<Figures> {
    const { clock, store } = this.#options;
    const unfinished = await store.operations.unfinished();
    const moves = await store.moveQueues.unfinished();
    const states = await store.clusterStates.all();
    const now = clock.now();
    if (now - this.#countedAt >= COUNT_MS) {
      this.#identities = await store.fleet.countsByCluster();
      this.#countedAt = now;
    }
    return {
      unfinished,
      moves,
      sweptAt: new Map(
        [...states].map(([cluster, { sweptAt }]) => [cluster, sweptAt]),
      ),
      identities: this.#identities,
    };
  }
}
