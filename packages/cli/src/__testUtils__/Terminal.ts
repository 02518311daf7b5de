import type { Io, Output } from '../io';

/** Text, or an escape sequence: Carriage return, Line feed, Erase in Line and Select Graphic Rendition are what is used. */
// eslint-disable-next-line no-control-regex
const PIECES = /\u001b\[[0-9;]*[A-Za-z]|[\r\n]|[^\u001b\r\n]/gu;
// eslint-disable-next-line no-control-regex
const COLOUR = /^\u001b\[[0-9;]*m$/;

/** A screen of so many columns, as what is written to it leaves it. It breaks lines where a terminal does. */
export class Terminal {
  readonly #columns: number;
  readonly #colours: boolean;
  #rows: string[][] = [[]];
  #column = 0;
  /** All that was written, sequences included. */
  written = '';
  /** What the last row said at any time. */
  readonly seen = new Set<string>();

  constructor(columns: number, colours = true) {
    this.#columns = columns;
    this.#colours = colours;
  }

  /** Both streams of a program that runs on it. */
  get io(): Pick<Io, 'stdout' | 'stderr'> {
    const stream: Output = {
      isTTY: true,
      columns: this.#columns,
      hasColors: () => this.#colours,
      write: text => this.#write(text),
    };
    return { stdout: stream, stderr: stream };
  }

  /** The rows, without blanks at their ends. */
  get rows(): string[] {
    return this.#rows.map(row => row.join('').trimEnd());
  }

  #write(text: string): void {
    this.written += text;
    for (const piece of text.match(PIECES) ?? []) this.#put(piece);
    this.seen.add(this.rows[this.#rows.length - 1]);
  }

  #put(piece: string): void {
    if (COLOUR.test(piece)) return;
    if (piece === '\r') {
      this.#column = 0;
    } else if (piece === '\n') {
      this.#newRow();
    } else if (piece === '\u001b[K') {
      this.#row.splice(this.#column);
    } else if (piece.startsWith('\u001b')) {
      throw new Error(`It does not know ${JSON.stringify(piece)}.`);
    } else {
      if (this.#column === this.#columns) this.#newRow();
      this.#row[this.#column] = piece;
      this.#column += 1;
    }
  }

  get #row(): string[] {
    return this.#rows[this.#rows.length - 1];
  }

  #newRow(): void {
    this.#rows.push([]);
    this.#column = 0;
  }
}
