import type { Clock } from 'eks-pod-identity-engine';
import type { Store, Unfinished } from '.';

/** The database is asked at most so often, however many read metrics. */
const FRESH_MS = 15_000;
/** Prometheus gives up after 10 seconds by default, and would then have no metric of this process at all. */
const PATIENT_MS = 5_000;

/** What metrics show of the database. */
export interface Figures {
  unfinished: Unfinished[];
  /** End of the last whole sweep by cluster, epoch milliseconds; none before the first. */
  sweptAt: Map<string, number | undefined>;
  /** By cluster and status, without those that do not occur. */
  identities: Map<string, Record<string, number>>;
}

/** Reads the figures once for those that ask at the same time or soon after. */
export class FiguresReader {
  readonly #clock: Clock;
  readonly #store: Store;
  #readAt = -Infinity;
  #isReading = false;
  #figures: Promise<Figures | undefined> = Promise.resolve(undefined);

  constructor(options: { clock: Clock; store: Store }) {
    this.#clock = options.clock;
    this.#store = options.store;
  }

  /** Undefined where the database refuses, or does not answer in time; a later question waits for the same answer. */
  async read(): Promise<Figures | undefined> {
    if (!this.#isReading && this.#clock.now() - this.#readAt >= FRESH_MS) {
      this.#readAt = this.#clock.now();
      this.#isReading = true;
      this.#figures = this.#query()
        .catch(() => undefined)
        .finally(() => {
          this.#isReading = false;
        });
    }
    const answered = new AbortController();
    const late = this.#clock
      .sleep(PATIENT_MS, answered.signal)
      .then(() => undefined)
      .catch(() => undefined);
    const figures = await Promise.race([this.#figures, late]);
    answered.abort();
    return figures;
  }

  async #query(): Promise<Figures> {
    const { clusterStates, fleet, operations } = this.#store;
    const [unfinished, states, identities] = await Promise.all([
      operations.unfinished(),
      clusterStates.all(),
      fleet.countsByCluster(),
    ]);
    return {
      unfinished,
      sweptAt: new Map(
        [...states].map(([cluster, { sweptAt }]) => [cluster, sweptAt]),
      ),
      identities,
    };
  }
}
