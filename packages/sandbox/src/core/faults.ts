import { createHash } from 'node:crypto';
import {
  FaultKind,
  FaultRule,
  FaultRules,
  FaultState,
  SeededFaults,
  SimulatedClock,
} from './contract';
import { matchesPattern } from './latency';
import { TokenBucket } from './tokenBucket';

export const FAULT_KINDS: readonly FaultKind[] = [
  'throttle',
  'server-error',
  'unavailable',
  'reset',
  'lost-answer',
  'truncate',
];

/** Faults by operation pattern or from a seed. */
export class Faults implements FaultRules {
  skewMs = 0;
  readonly #clock: Pick<SimulatedClock, 'now' | 'rate'>;
  #rules: { rule: FaultRule; seen: number; bucket: TokenBucket }[] = [];
  #seeded: SeededFaults | undefined;
  #counts = new Map<string, number>();

  constructor(clock: Pick<SimulatedClock, 'now' | 'rate'>) {
    this.#clock = clock;
  }

  add(rule: FaultRule): void {
    const bucket = new TokenBucket(this.#clock);
    this.#rules.push({ rule: { ...rule }, seen: 0, bucket });
  }

  seed(options: SeededFaults): void {
    const sum = Object.values(options.rates).reduce((a, b) => a + b, 0);
    if (sum > 1) {
      throw new RangeError('The rates of faults are more than 1 together.');
    }
    this.#seeded = { ...options, rates: { ...options.rates } };
    this.#counts.clear();
  }

  state(): FaultState {
    return {
      rules: this.#rules.map(({ rule }) => rule),
      ...(this.#seeded && { seeded: this.#seeded }),
      skewMs: this.skewMs,
    };
  }

  clear(): void {
    this.#rules = [];
    this.#seeded = undefined;
    this.#counts.clear();
    this.skewMs = 0;
  }

  next(service: string, operation: string): FaultKind | undefined {
    const name = `${service}:${operation}`;
    for (const entry of this.#rules) {
      const { pattern, kind, after = 0, times = Infinity, beyond } = entry.rule;
      if (!matchesPattern(pattern, name)) continue;
      if (beyond && entry.bucket.take(beyond)) continue;
      entry.seen += 1;
      if (entry.seen > after && entry.seen <= after + times) return kind;
    }
    return this.#drawn(name);
  }

  #drawn(name: string): FaultKind | undefined {
    if (!this.#seeded) {
      return undefined;
    }
    const { seed, rates, pattern = '*' } = this.#seeded;
    if (!matchesPattern(pattern, name)) {
      return undefined;
    }
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    let rest = share(`${seed} ${name} ${count}`);
    for (const kind of FAULT_KINDS) {
      rest -= rates[kind] ?? 0;
      if (rest < 0) {
        return kind;
      }
    }
    return undefined;
  }
}

/** A number in [0, 1) that depends on nothing but the text, so that calls of one operation do not disturb another's. */
function share(text: string): number {
  const digest = createHash('sha256').update(text).digest();
  return digest.readUInt32BE() / 0x1_0000_0000;
}
