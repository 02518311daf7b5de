import { RootLoggerService } from '@backstage/backend-plugin-api';
import { JsonObject } from '@backstage/types';

export interface LogLine {
  level: 'error' | 'warn' | 'info' | 'debug';
  message: string;
  meta: Record<string, unknown>;
}

/** Keeps what is logged, so that a test can read it back. */
export class CapturingLogger implements RootLoggerService {
  readonly lines: LogLine[];
  readonly #meta: JsonObject;

  constructor(lines: LogLine[] = [], meta: JsonObject = {}) {
    this.lines = lines;
    this.#meta = meta;
  }

  error(message: string, meta?: Error | JsonObject) {
    this.#add('error', message, meta);
  }
  warn(message: string, meta?: Error | JsonObject) {
    this.#add('warn', message, meta);
  }
  info(message: string, meta?: Error | JsonObject) {
    this.#add('info', message, meta);
  }
  debug(message: string, meta?: Error | JsonObject) {
    this.#add('debug', message, meta);
  }
  child(meta: JsonObject) {
    return new CapturingLogger(this.lines, { ...this.#meta, ...meta });
  }

  #add(level: LogLine['level'], message: string, meta?: Error | JsonObject) {
    this.lines.push({
      level,
      message,
      meta: {
        ...this.#meta,
        ...(meta instanceof Error ? { error: meta } : meta),
      },
    });
  }
}
