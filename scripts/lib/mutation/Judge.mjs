import { relative } from 'node:path';
import { root } from '../paths.mjs';
import { namesFor } from './tests.mjs';

/** A file of tests that needs more without a fault is left out. */
const LONGEST_MS = 240_000;
/** A fault that makes an endless loop is noticed by these. */
const STUCK_MS = { quick: 3_000, slow: 10_000 };
/**
 * Of the patience for a fault the chosen tests of a file take no more: one that knows it badly would leave the better
 * ones no time.
 */
const SHARE = 1 / 3;

/** Says whether the tests notice a fault; what they do without one it measures once. */
export class Judge {
  #measured = new Map();
  #patienceMs;

  /** @param {number} patienceMs how much, as it takes without a fault, may be run for a fault */
  constructor(patienceMs) {
    this.#patienceMs = patienceMs;
  }

  /** What a test file shows without a fault: which blocks each of its tests comes to. */
  async #measure(tests, { file }) {
    const known = this.#measured.get(file);
    if (known) return known;
    const measuring = tests.run({
      file,
      timeout: LONGEST_MS / 4,
      limit: LONGEST_MS,
    });
    this.#measured.set(file, measuring);
    const found = await measuring;
    const failed = failureOf(found);
    if (failed) {
      console.error(
        `Left out, it fails here: ${relative(root, file)}: ${failed.failure}`,
      );
    }
    return found;
  }

  /**
   * `noticed`, `survived`, or `untested` where no test comes to the place of the fault.
   *
   * @param {Array} tests - files of tests, those that know the place best first
   */
  async verdict(process, { mutant, tests }) {
    const { file, block, start, end, replacement } = mutant;
    const place =
      block === undefined ? undefined : `${relative(root, file)}:${block}`;
    let left = this.#patienceMs;
    let verdict = 'untested';
    for (const test of tests) {
      const measured = await this.#measure(process, test);
      const found = namesFor(
        measured,
        place,
        measured.isWhole ? left : Math.min(left, SHARE * this.#patienceMs),
      );
      if (!found) continue;
      verdict = 'survived';
      const { isNoticed, cost } = await this.#ask(process, {
        mutant: { file, start, end, replacement },
        test,
        measured,
        found,
      });
      if (isNoticed) return 'noticed';
      left -= cost;
      if (left <= 0) break;
    }
    return verdict;
  }

  /** Runs tests of a file with a fault, and without it where they fail. */
  async #ask(process, { mutant, test, measured, found }) {
    const { names, cost } = found;
    const slowest = Math.max(...measured.tests.map(({ ms }) => ms));
    const job = {
      file: test.file,
      names,
      bail: true,
      timeout: (test.isQuick ? STUCK_MS.quick : STUCK_MS.slow) + 5 * slowest,
      limit: 2 * STUCK_MS.slow + 5 * cost,
    };
    const failed = failureOf(await process.run({ ...job, mutant }));
    if (!failed) return { cost };
    if (test.isQuick && !/did not end|timeout/i.test(failed.failure)) {
      return { isNoticed: true };
    }
    // As soon as the fault is out they have to pass: a busy machine and a sensitive test have noticed nothing.
    const without = failureOf(await process.run(job));
    if (!without) return { isNoticed: true };
    const all = namesFor({ ...measured, isWhole: true }, undefined, Infinity);
    // Undefined where another fault has shown meanwhile that the file fails
    if (all && names.length < all.names.length) {
      // They need what the tests before them have left
      measured.isWhole = true;
      return this.#ask(process, { mutant, test, measured, found: all });
    }
    console.error(
      `Fails without a fault: ${relative(root, test.file)}: ${
        without.name ?? 'all of it'
      }`,
    );
    const sensitive = measured.tests.find(({ name }) => name === without.name);
    Object.assign(sensitive ?? measured, { failure: without.failure });
    return { cost };
  }
}

const failureOf = ({ failure, tests }) =>
  tests.find(one => one.failure) ?? (failure ? { failure } : undefined);
