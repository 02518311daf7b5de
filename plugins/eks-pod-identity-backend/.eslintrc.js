module.exports = require('../../scripts/lib/eslintFloors.cjs')(__dirname, [
  ['routes', 'actions'],
  ['sweep'],
  ['status'],
  ['operations'],
  ['permissions'],
  ['store'],
]);
