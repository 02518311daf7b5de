import { formatSeconds } from '../progress.mjs';

/** What a person does, with its time: each step as it ends, and at the end how long each path took. */
export class Walk {
  #paths = [];

  /** What is there before the README is opened. */
  async preparing(what, work) {
    return await this.#timed(`      ${what}`, work);
  }

  /**
   * A section of the README.
   *
   * @param {(step: (work: () => Promise<string>) => Promise<void>) => Promise<void>} work - calls `step` for each
   *   block of code to paste and each thing to do in the browser, which answers what it was in words
   */
  async path(title, work) {
    console.log(`\n${title}`);
    const start = performance.now();
    const path = { title, steps: 0 };
    await work(async doing => {
      const begun = performance.now();
      const words = await doing();
      path.steps += 1;
      console.log(
        `  ${String(path.steps).padStart(2)}  ${words}  (${formatSeconds(
          (performance.now() - begun) / 1000,
        )})`,
      );
    });
    path.seconds = (performance.now() - start) / 1000;
    this.#paths.push(path);
  }

  print() {
    console.log();
    for (const { title, steps, seconds } of this.#paths) {
      console.log(
        `${title.padEnd(40)}${String(steps).padStart(3)} steps ${formatSeconds(
          seconds,
        ).padStart(14)}`,
      );
    }
  }

  async #timed(what, work) {
    const start = performance.now();
    const result = await work();
    console.log(
      `${what}  (${formatSeconds((performance.now() - start) / 1000)})`,
    );
    return result;
  }
}
