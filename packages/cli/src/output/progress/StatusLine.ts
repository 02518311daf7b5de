import type { Output } from '../../io';
import { libraries } from '../../libraries';

/** Carriage return, and Erase in Line of ECMA-48. */
const CLEARED = '\r\u001b[K';

/**
 * The last line of a terminal, which says what the program is doing and never stays. The cursor is not hidden and no mode
 * is set, so whatever ends the program leaves the terminal as it was. On a stream without colours nothing is written.
 */
export class StatusLine {
  readonly #stream: Output;
  #isThere = false;

  constructor(stream: Output) {
    this.#stream = stream;
  }

  /** Replaces what it says; as much of it as one line holds. */
  say(text: string): void {
    const { columns } = this.#stream;
    if (!columns || !this.#stream.hasColors?.()) return;
    const [line] = libraries
      .wrapAnsi(text, columns - 1, { hard: true, wordWrap: false })
      .split('\n');
    this.#stream.write(`${CLEARED}${line}`);
    this.#isThere = true;
  }

  clear(): void {
    if (!this.#isThere) return;
    this.#stream.write(CLEARED);
    this.#isThere = false;
  }
}
