module.exports = require('../../scripts/lib/eslintFloors.cjs')(__dirname, [
  ['verification'],
  ['lifecycle'],
  ['guardrails'],
  ['identity'],
  ['iam'],
  ['clusters'],
  ['aws'],
  ['kubernetes'],
  ['async'],
  ['text'],
]);
