import type { Logger } from '../logger';

/** Keeps nothing. Backstage's mocked logger costs every test file the loading of a whole backend. */
export const silentLogger: Logger = {
  error: () => {},
  warn: () => {},
  info: () => {},
  debug: () => {},
};
