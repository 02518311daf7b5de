module.exports = require('../../scripts/lib/eslintFloors.cjs')(
  __dirname,
  [
    ['index.ts'],
    ['plugin.ts'],
    ['actions'],
    ['routes'],
    ['sweep'],
    ['status', 'extensions.ts', 'search.ts'],
    ['operations', 'search'],
    ['evidence'],
    ['clusters', 'permissions', 'setup', 'logStart.ts'],
    ['store', 'telemetry.ts', 'checksPage.ts', 'awsAccounts.ts', 'turns.ts'],
  ],
  {},
  { 'an error of others, cut to a length': ['operations/stop.ts'] },
);
