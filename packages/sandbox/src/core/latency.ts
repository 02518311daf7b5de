import { LatencyRules } from './contract';

/** Whether `pattern`, in which `*` stands for any run of characters, matches the whole of `text`. */
export function matchesPattern(pattern: string, text: string): boolean {
  const source = pattern
    .split('*')
    .map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${source}$`, 's').test(text);
}

/** Latency by operation pattern; of several rules that match, the one set last decides. */
export class Latency implements LatencyRules {
  #rules = new Map<string, number>();

  set(pattern: string, ms: number): void {
    this.#rules.delete(pattern);
    this.#rules.set(pattern, ms);
  }

  clear(): void {
    this.#rules.clear();
  }

  delayFor(service: string, operation: string): number {
    const name = `${service}:${operation}`;
    let delay = 0;
    for (const [pattern, ms] of this.#rules) {
      if (matchesPattern(pattern, name)) {
        delay = ms;
      }
    }
    return delay;
  }

  /** The rules in the order in which they were set. */
  rules(): { pattern: string; ms: number }[] {
    return [...this.#rules].map(([pattern, ms]) => ({ pattern, ms }));
  }
}
