import { LogOptions } from '../http/dependencies';

interface Line {
  at: number;
  text: string;
}

/** Output of one run of a container, line by line, for `kubectl logs`. */
export class ContainerLog {
  readonly #lines: Line[] = [];
  readonly #waiting = new Set<() => void>();
  #ended = false;

  write(at: number, text: string) {
    for (const line of text.replace(/\n$/, '').split('\n')) {
      if (text !== '') this.#lines.push({ at, text: line });
    }
    this.wake();
  }

  end() {
    this.#ended = true;
    this.wake();
  }

  /** The last bytes, for terminationMessagePolicy FallbackToLogsOnError. */
  tail(lines: number, bytes: number): string {
    const text = this.#lines
      .slice(-lines)
      .map(l => `${l.text}\n`)
      .join('');
    return Buffer.from(text).subarray(-bytes).toString('utf8');
  }

  async *read(options: LogOptions, signal: AbortSignal): AsyncIterable<string> {
    const wanted = this.#lines.filter(l => l.at >= (options.sinceMs ?? 0));
    let next = Math.max(
      this.#lines.length - wanted.length,
      this.#lines.length - (options.tailLines ?? Infinity),
    );
    let left = options.limitBytes ?? Infinity;
    for (;;) {
      for (; next < this.#lines.length; next++) {
        const { at, text } = this.#lines[next];
        const stamp = options.timestamps
          ? `${new Date(at).toISOString()} `
          : '';
        const bytes = Buffer.from(`${stamp}${text}\n`).subarray(0, left);
        left -= bytes.length;
        yield bytes.toString('utf8');
        if (left <= 0) return;
      }
      if (!options.follow || this.#ended || signal.aborted) {
        return;
      }
      await this.change(signal);
    }
  }

  private change(signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const done = () => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  private wake() {
    [...this.#waiting].forEach(wake => wake());
  }
}
