const { PATIENCE_MS } = require('../../packages/sandbox/patience');

// For every test of every package, before its own setup
jest.setTimeout(5 * PATIENCE_MS);

// TestDatabases of Backstage grants itself a minute to drop its databases
const { afterAll: atTheEnd } = globalThis;
globalThis.afterAll = work => atTheEnd(work);

// It grants its connections 10 s, and those of the tests 30
jest.mock('tarn', () => {
  const tarn = jest.requireActual('tarn');
  class Pool extends tarn.Pool {
    constructor(options) {
      super({
        ...options,
        acquireTimeoutMillis: PATIENCE_MS,
        createTimeoutMillis: PATIENCE_MS,
      });
    }
  }
  return { ...tarn, Pool };
});

if (typeof document !== 'undefined') {
  require('@testing-library/dom').configure({ asyncUtilTimeout: PATIENCE_MS });
}
