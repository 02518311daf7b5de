import { spawnSync } from 'node:child_process';

/** @param {number[]} values */
export const sum = values => values.reduce((a, b) => a + b, 0);

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? sorted[Math.floor(middle)]
    : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * The median with the smallest and the largest value, as docs/performance.md writes them: `1.2 (1.1–1.4)`.
 *
 * @param {number[]} values
 * @param {number} [digits] - after the decimal point
 */
export function withSpread(values, digits = 1) {
  const [middle, least, most] = [
    median(values),
    Math.min(...values),
    Math.max(...values),
  ].map(value => value.toFixed(digits));
  return `${middle} (${least}–${most})`;
}

/** @param {number[]} sorted @param {number} share of them that is not greater */
export const quantile = (sorted, share) =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];

/** Runs a program to its end, seven times; the milliseconds of each. */
export function timesOfRuns(command, args) {
  return Array.from({ length: 7 }, () => {
    const start = performance.now();
    const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (status !== 0) {
      throw new Error(stderr);
    }
    return performance.now() - start;
  });
}
