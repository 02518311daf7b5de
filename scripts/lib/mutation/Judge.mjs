import { relative } from 'node:path';
import { root } from '../paths.mjs';
import { namesFor } from './tests.mjs';

/** A file of tests that needs more without a fault is left out. */
const LONGEST_MS = 240_000;
/** A fault that makes an endless loop is noticed by these. */
const STUCK_MS = { quick: 3_000, slow: 10_000 };

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
      if (measured.failure) continue;
      const found = namesFor(measured, place, left);
      if (!found) continue;
      verdict = 'survived';
      const slowest = Math.max(...measured.tests.map(({ ms }) => ms));
      const job = {
        file: test.file,
        names: found.names,
        bail: true,
        timeout: (test.isQuick ? STUCK_MS.quick : STUCK_MS.slow) + 5 * slowest,
        limit: 2 * STUCK_MS.slow + 5 * found.cost,
      };
      const failed = failureOf(
        await process.run({
          ...job,
          mutant: { file, start, end, replacement },
        }),
      );
      if (failed) {
        if (test.isQuick && !/did not end|timeout/i.test(failed.failure)) {
          return 'noticed';
        }
        // As soon as the fault is out they have to pass: a busy machine and a sensitive test have noticed nothing.
        const without = failureOf(await process.run(job));
        if (!without) return 'noticed';
        console.error(
          `Fails without a fault: ${relative(root, test.file)}: ${
            without.name ?? 'all of it'
          }`,
        );
        const sensitive = measured.tests.find(
          ({ name }) => name === without.name,
        );
        Object.assign(sensitive ?? measured, { failure: without.failure });
      }
      left -= found.cost;
      if (left <= 0) break;
    }
    return verdict;
  }
}

const failureOf = ({ failure, tests }) =>
  tests.find(one => one.failure) ?? (failure ? { failure } : undefined);
