import { figure } from '../output.mjs';
import { formatSeconds } from '../progress.mjs';

const since = start => (performance.now() - start) / 1000;

/** What a person does, with its time: each step as it ends, and at the end how long each path took. */
export class Walk {
  #added = { steps: 0, seconds: 0 };
  #paths = [];

  /** What takes its time but is no step of the page. */
  async preparing(what, work) {
    const start = performance.now();
    const result = await work();
    console.log(`      ${what}  (${formatSeconds(since(start))})`);
    return result;
  }

  /**
   * The section that adds the packages.
   *
   * @param {(step: Step) => Promise<void>} work - calls `step` for each block of code to paste
   */
  async adding(title, work) {
    this.#added = await this.#section(title, work);
  }

  /**
   * The section of a path.
   *
   * @param {{ minutes?: number, steps?: number }} goals - the most that it takes
   * @param {(step: Step) => Promise<void>} work - calls `step` also for each thing to do in the browser
   * @callback Step
   * @param {() => Promise<string>} doing - answers what it was, in words
   * @param {{ proves?: boolean }} [options] - whether it ends with a verified identity
   */
  async path(title, goals, work) {
    this.#paths.push({ title, goals, ...(await this.#section(title, work)) });
  }

  async #section(title, work) {
    console.log(`\n${title}`);
    const start = performance.now();
    let steps = 0;
    let proven;
    await work(async (doing, { proves } = {}) => {
      const begun = performance.now();
      const words = await doing();
      steps += 1;
      console.log(
        `  ${String(steps).padStart(2)}  ${words}  (${formatSeconds(
          since(begun),
        )})`,
      );
      if (proves) {
        proven ??= { steps, seconds: since(start) };
      }
    });
    return proven ?? { steps, seconds: since(start) };
  }

  /** From adding the packages to the first verified identity of each path. */
  print() {
    console.log('\nTo the first verified identity');
    const most = bound => bound && { most: bound };
    for (const { title, goals, ...own } of this.#paths) {
      const steps = own.steps + this.#added.steps;
      const minutes = (own.seconds + this.#added.seconds) / 60;
      figure(`${title}: steps`, steps, 'steps', most(goals.steps));
      figure(`${title}: time`, minutes, 'min', most(goals.minutes));
    }
  }
}
