import { SimulatedClock } from '../../core/contract';
import { parseQuantity } from '../validation/quantity';
import { pause } from './commands';

/** The processor time that a container may use. */
export class Processor {
  #free = 0;

  /** @param limit - the container's `limits.cpu`; without one, programs do not wait for each other */
  constructor(
    private readonly clock: SimulatedClock,
    private readonly limit: unknown,
  ) {}

  /** Waits as long as a program of one thread takes for `ms` of processor time. */
  async work(ms: number, signal: AbortSignal): Promise<void> {
    if (ms <= 0) return;
    const now = this.clock.now();
    const share = parseQuantity(this.limit) ?? Infinity;
    this.#free = Math.max(now, this.#free) + ms / share;
    await pause(this.clock, Math.max(ms, this.#free - now), signal);
  }
}
