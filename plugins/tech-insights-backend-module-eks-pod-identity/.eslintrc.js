module.exports = require('../../scripts/lib/eslintSentences.cjs')(
  require('@backstage/cli/config/eslint-factory')(__dirname),
);
