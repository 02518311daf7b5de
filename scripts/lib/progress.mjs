/** Seconds since `start` (of `performance.now()`), for people: `0.4 s`, `63 s`, `4 min 05 s`. */
export function seconds(start) {
  return formatSeconds((performance.now() - start) / 1000);
}

export function formatSeconds(value) {
  if (value < 10) {
    return `${value.toFixed(1)} s`;
  }
  const whole = Math.round(value);
  if (whole < 120) {
    return `${whole} s`;
  }
  const rest = String(whole % 60).padStart(2, '0');
  return `${Math.floor(whole / 60)} min ${rest} s`;
}

/** Numbered steps a person can follow: a line when a step begins, a line with its seconds when it ends. */
export class Progress {
  #total;
  #number = 0;

  constructor(title, total) {
    this.#total = total;
    console.log(title);
  }

  /**
   * @param {string} name - what is done
   * @param {(note: (text: string) => void) => Promise<string | void>} work - answers what it did, one phrase;
   *   `note` prints a line below the step, and silence of 15 seconds prints that it still goes on
   */
  async step(name, work) {
    this.#number += 1;
    const label = `[${this.#number}/${this.#total}] ${name}`;
    console.log(label);
    const start = performance.now();
    let spoke = start;
    const note = text => {
      spoke = performance.now();
      console.log(`      ${text}`);
    };
    const pulse = setInterval(() => {
      if (performance.now() - spoke > 14_000) {
        note(`still at it (${seconds(start)})`);
      }
    }, 5_000);
    try {
      const did = await work(note);
      note(`${did ?? 'done'} (${seconds(start)})`);
    } finally {
      clearInterval(pulse);
    }
  }
}
