import type { OwnDryRunFact } from './facts/admission';

export type Admitted = Pick<OwnDryRunFact, 'admitted' | 'refused' | 'blocked'>;

/** Dry runs of earlier runs that left nothing to wish. What was wrong is asked again, as it may be right by now. */
export class AdmittedPods {
  #kept = new Map<string, { at: number; seen: Admitted }>();

  /** @param since - epoch milliseconds */
  since(since: number, key: string): Admitted | undefined {
    const kept = this.#kept.get(key);
    return kept && kept.at >= since ? kept.seen : undefined;
  }

  keep(key: string, at: number, seen: Admitted, keepMs: number): void {
    this.#kept = new Map(
      [...this.#kept].filter(([, kept]) => kept.at >= at - keepMs),
    );
    this.#kept.set(key, { at, seen });
  }
}
