module.exports = require('../../scripts/lib/eslintFloors.cjs')(__dirname, [
  ['artefacts'],
  ['verification'],
  ['lifecycle'],
  ['guardrails'],
  ['evidence'],
  ['identity'],
  ['iam'],
  ['clusters'],
  ['aws'],
  ['kubernetes'],
  ['async'],
  ['text'],
]);
