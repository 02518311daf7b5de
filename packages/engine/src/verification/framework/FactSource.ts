import { throttling } from '../../kubernetes/givingUp';
import type { FactReader } from './facts';
import type { FactProvider, FactProviders } from './request';
import type { Collecting, Collectors } from './collecting';
import { Fact, lacking } from './fact';
import { busyLack } from './busyLack';
import type { FactName, FactTypes } from './facts';

/**
 * The facts of one run. Each is collected once, on first use. A collector's error becomes a lack, except when the
 * operation itself was aborted.
 */
export class FactSource implements FactReader {
  readonly #started = new Map<FactName, Promise<Fact<any>>>();
  readonly #collectors: Collectors;
  readonly #known: FactProviders;
  readonly #collecting: Collecting;

  constructor(
    collectors: Collectors,
    known: FactProviders,
    collecting: Omit<Collecting, 'get'>,
  ) {
    this.#collectors = collectors;
    this.#known = known;
    this.#collecting = { ...collecting, get: name => this.get(name) };
  }

  get<N extends FactName>(name: N): Promise<Fact<FactTypes[N]>> {
    const started = this.#started.get(name);
    if (started) return started;
    const work = this.#settle(name);
    this.#started.set(name, work);
    return work;
  }

  /** All that was asked for, by name. */
  async collected(): Promise<Partial<Record<FactName, Fact<unknown>>>> {
    const entries = [...this.#started].map(
      async ([name, fact]) => [name, await fact] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  }

  async #settle<N extends FactName>(name: N): Promise<Fact<FactTypes[N]>> {
    try {
      return await this.#collect(name);
    } catch (error) {
      this.#collecting.operation.signal.throwIfAborted();
      if (this.#collecting.signal.aborted) {
        const busy = throttling();
        if (busy) return lacking(busyLack(busy));
        return lacking({
          kind: 'unreachable',
          sentence: 'There was no answer before the deadline of this run.',
          fix: {
            cause: 'The time given to the run was too short.',
            actions: ['Verify again with a longer timeout.'],
          },
        });
      }
      return lacking({
        kind: 'unreachable',
        sentence: `It could not be read: ${(error as Error).message}`,
      });
    }
  }

  #collect<N extends FactName>(name: N): Promise<Fact<FactTypes[N]>> {
    const collecting = this.#collecting;
    const collect = () => this.#collectors[name](collecting);
    const provider: FactProvider<N> | undefined = this.#known[name];
    if (!provider) return collect();
    const { request, read, signal, get } = collecting;
    return provider({ ref: request.ref, read, signal, get, collect });
  }
}
