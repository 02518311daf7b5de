import type { TokenRate } from 'eks-sandbox';

/**
 * AWS does not say how many calls to IAM an account may make, and others make some of them. So a pace has to hold for one
 * that hardly limits; for what seems likely; and for a busy account, in which little is left.
 */
export const ASSUMED_BUCKETS: readonly (TokenRate & { size: string })[] = [
  { perSecond: 15, burst: 100 },
  { perSecond: 5, burst: 20 },
  { perSecond: 2, burst: 10 },
].map(rate => ({
  ...rate,
  size: `${rate.perSecond}/s and ${rate.burst} at once`,
}));

/** What a benchmark says its figures by: scripts/lib/output.mjs. */
export interface Output {
  figure(
    name: string,
    value: number,
    unit: string,
    goal?: { most: number } | { below: number },
  ): unknown;
  section(name: string, blocks: string[]): void;
  table(head: string[], rows: string[][]): string;
}

/** What it has measured with them. */
export interface Measured {
  figures: Parameters<Output['figure']>[];
  head: string[];
  rows: string[][];
  notes: string;
}

/** Says it, also in the section of this name. */
export function report(
  output: Output,
  name: string,
  { figures, head, notes, rows }: Measured,
): void {
  for (const one of figures) output.figure(...one);
  output.section(name, [output.table(head, rows), notes]);
}
