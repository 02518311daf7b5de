import { ExecStreams } from '../http/dependencies';
import { ContainerShell } from '../runtime/containerShell';

const CTRL_C = '\x03';
const CTRL_D = '\x04';
const CTRL_U = '\x15';
const BACKSPACES = ['\x7f', '\b'];

const INTERRUPTED = 130;

export const toTerminal = (text: string) => text.replace(/\r?\n/g, '\r\n');

/** Escape sequences of arrow keys and the like; a line editor without history ignores them. */
const ESCAPE = /\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Z])/g; // eslint-disable-line no-control-regex

/** A line-editing shell on a terminal: echo, erase, ^C, ^D; variables and the directory live on between lines. */
export class TerminalShell {
  #line = '';
  #env: Record<string, string> | undefined;
  #lastCode = 0;
  #running: AbortController | undefined;
  readonly #keys: string[] = [];
  #ended = false;
  #wake = () => {};

  constructor(
    private readonly shell: ContainerShell,
    private readonly streams: ExecStreams,
    private readonly prompt: string,
  ) {}

  async run(): Promise<number> {
    void this.readKeys();
    this.write(this.prompt);
    for (;;) {
      while (this.#keys.length > 0) {
        const code = await this.press(this.#keys.shift()!);
        if (code !== undefined) return code;
      }
      if (this.#ended || this.streams.signal.aborted) {
        return this.#lastCode;
      }
      await this.nextKeys();
    }
  }

  private async readKeys() {
    for await (const chunk of this.streams.stdin) {
      for (const key of chunk.toString('utf8').replace(ESCAPE, '')) {
        if (key === CTRL_C && this.#running) this.#running.abort();
        else this.#keys.push(key);
      }
      this.#wake();
    }
    this.#ended = true;
    this.#wake();
  }

  private nextKeys(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve;
    });
  }

  /** The exit code when this key ends the shell. */
  private async press(key: string): Promise<number | undefined> {
    if (key === '\r' || key === '\n') {
      this.write('\r\n');
      return this.enter();
    }
    if (key === CTRL_D && this.#line === '') {
      this.write('exit\r\n');
      return this.#lastCode;
    }
    if (key === CTRL_C) {
      this.write(`^C\r\n${this.prompt}`);
      this.#line = '';
      this.#lastCode = INTERRUPTED;
    } else if (key === CTRL_U) {
      this.write('\b \b'.repeat(this.#line.length));
      this.#line = '';
    } else if (BACKSPACES.includes(key)) {
      if (this.#line) this.write('\b \b');
      this.#line = this.#line.slice(0, -1);
    } else if (key >= ' ') {
      this.#line += key;
      this.write(key);
    }
    return undefined;
  }

  private async enter(): Promise<number | undefined> {
    const line = this.#line;
    this.#line = '';
    const exit = line.match(/^\s*exit(?:\s+(\d+))?\s*;?\s*$/);
    if (exit) {
      this.write('exit\r\n');
      return exit[1] === undefined ? this.#lastCode : Number(exit[1]);
    }
    if (line.trim()) {
      this.#running = new AbortController();
      const result = await this.shell.runLine(
        `(exit ${this.#lastCode})\n${line}`,
        {
          env: this.#env,
          signal: AbortSignal.any([this.#running.signal, this.streams.signal]),
        },
      );
      const interrupted = this.#running.signal.aborted;
      this.#running = undefined;
      this.#env = result.env ?? this.#env;
      this.#lastCode = interrupted ? INTERRUPTED : result.exitCode;
      this.write(
        interrupted ? '^C\r\n' : toTerminal(result.stdout + result.stderr),
      );
    }
    this.write(this.prompt);
    return undefined;
  }

  private write(text: string) {
    this.streams.stdout.write(Buffer.from(text));
  }
}
