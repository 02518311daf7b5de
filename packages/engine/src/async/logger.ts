import type { JsonObject } from '@backstage/types';

/** What the engine logs to. Backstage's `LoggerService` is one. */
export interface Logger {
  error(message: string, meta?: Error | JsonObject): void;
  warn(message: string, meta?: Error | JsonObject): void;
  info(message: string, meta?: Error | JsonObject): void;
  debug(message: string, meta?: Error | JsonObject): void;
}
