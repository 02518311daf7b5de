const { PATIENCE_MS } = require('../../packages/sandbox/patience');

// For every test of every package, before its own setup
jest.setTimeout(5 * PATIENCE_MS);

// TestDatabases of Backstage grants itself a minute to drop its databases
const { afterAll: atTheEnd } = globalThis;
globalThis.afterAll = work => atTheEnd(work);

if (typeof document !== 'undefined') {
  require('@testing-library/dom').configure({ asyncUtilTimeout: PATIENCE_MS });
}
