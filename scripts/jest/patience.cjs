const { PATIENCE_MS } = require('../../packages/sandbox/patience');

// For every test of every package, before its own setup
jest.setTimeout(5 * PATIENCE_MS);

// TestDatabases of Backstage grants itself a minute to drop its databases
const { afterAll: atTheEnd } = globalThis;
globalThis.afterAll = work => atTheEnd(work);

// The pool of knex grants connections 10 s, and TestDatabases those of the tests 30
const tarn = require('tarn');
if (tarn.Pool.name !== 'PatientPool') {
  tarn.Pool = class PatientPool extends tarn.Pool {
    constructor(options) {
      super({
        ...options,
        acquireTimeoutMillis: PATIENCE_MS,
        createTimeoutMillis: PATIENCE_MS,
      });
    }
  };
}

if (typeof document !== 'undefined') {
  require('@testing-library/dom').configure({
    asyncUtilTimeout: PATIENCE_MS,
    // Another package of this worker may have set it
    defaultHidden: false,
  });
}
