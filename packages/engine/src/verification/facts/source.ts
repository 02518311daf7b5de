import type { FactReader } from '../runner';
import type { Collecting, Collectors } from './collecting';
import { Fact, lacking } from './fact';
import type { FactName, FactTypes } from './types';

/**
 * The facts of one run. Each is collected once, when first asked for; what a collector throws becomes a lack,
 * except when the operation itself was aborted.
 */
export class FactSource implements FactReader {
  readonly #started = new Map<FactName, Promise<Fact<any>>>();
  readonly #collecting: Collecting;

  readonly #collectors: Collectors;

  constructor(collectors: Collectors, collecting: Omit<Collecting, 'get'>) {
    this.#collectors = collectors;
    this.#collecting = { ...collecting, get: name => this.get(name) };
  }

  get<N extends FactName>(name: N): Promise<Fact<FactTypes[N]>> {
    const started = this.#started.get(name);
    if (started) return started;
    const work = this.#collect(name);
    this.#started.set(name, work);
    return work;
  }

  async #collect<N extends FactName>(name: N): Promise<Fact<FactTypes[N]>> {
    try {
      return await this.#collectors[name](this.#collecting);
    } catch (error) {
      this.#collecting.operation.signal.throwIfAborted();
      if (this.#collecting.signal.aborted) {
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
        sentence: `It could not be looked at: ${(error as Error).message}`,
      });
    }
  }
}
