module.exports = require('../../scripts/lib/eslintFloors.cjs')(__dirname, [
  ['api', 'reports'],
  ['vocabulary'],
]);
