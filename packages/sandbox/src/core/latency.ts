import { setTimeout as wait } from 'node:timers/promises';
import { LatencyRules } from './contract';

const TURN_MS = 10;

/** Whether `pattern`, in which `*` is any run of characters, matches all of `text`. */
export function matchesPattern(pattern: string, text: string): boolean {
  const source = pattern
    .split('*')
    .map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${source}$`, 's').test(text);
}

/** Latency by operation pattern; if several rules match, the one set last wins. */
export class Latency implements LatencyRules {
  #rules = new Map<string, number>();

  set(pattern: string, ms: number): void {
    this.#rules.delete(pattern);
    this.#rules.set(pattern, ms);
  }

  clear(): void {
    this.#rules = new Map();
  }

  holding(service: string, operation: string) {
    const rules = this.#rules;
    const ms = this.delayFor(service, operation);
    return async (part = 1) => {
      let left = ms * part;
      for (; left > 0 && rules === this.#rules; left -= TURN_MS) {
        await wait(Math.min(left, TURN_MS), undefined, { ref: false });
      }
    };
  }

  delayFor(service: string, operation: string): number {
    const name = `${service}:${operation}`;
    const last = this.rules().findLast(({ pattern }) =>
      matchesPattern(pattern, name),
    );
    return last?.ms ?? 0;
  }

  /** The rules in the order in which they were set. */
  rules(): { pattern: string; ms: number }[] {
    return [...this.#rules].map(([pattern, ms]) => ({ pattern, ms }));
  }
}
