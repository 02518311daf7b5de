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
  {
    'errors of AWS': [
      'aws/classify.ts',
      'aws/denial.ts',
      'aws/retryStrategy.ts',
      'lifecycle/agent/agentWrites.ts',
      'lifecycle/association/associationRaces.ts',
    ],
    'what Kubernetes answers, and says of its pods': [
      'kubernetes/errors.ts',
      'verification/probe/explainPending.ts',
      'verification/probe/podState.ts',
      'verification/probe/webhookTrouble.ts',
    ],
    'what EKS reports of an add-on': ['verification/agent/healthy.ts'],
  },
);
