module.exports = require('../../scripts/lib/eslintFloors.cjs')(
  __dirname,
  [
    ['index.ts', 'portal.ts', 'testUtils.ts'],
    ['createEngine.ts', 'pages.ts', 'setup'],
    ['verification'],
    ['lifecycle'],
    ['operationContext.ts'],
    ['evidence', 'guardrails'],
    ['identity'],
    ['artefacts', 'clusters'],
    ['aws'],
    ['kubernetes'],
    ['async', 'iam', 'text'],
  ],
  {
    verification: [
      ['run'],
      ['association', 'credentials', 'permissions'],
      ['role', 'sweep'],
      ['serviceAccount', 'workloads'],
      ['admission'],
      ['agent', 'cluster', 'probe'],
      ['access'],
      ['framework'],
    ],
  },
);
