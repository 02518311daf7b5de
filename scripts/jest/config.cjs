'use strict';

const javascript = '\\.(mjs|cjs|js)$';

/**
 * Backstage's configuration, with a transform of dependencies that is faster and a runtime that finds what is left running.
 * In a run that has to end in the time of CI, all test files of a worker have one environment.
 */
module.exports = (async () => {
  const config = await require('@backstage/cli/config/jest');
  const runtime = require.resolve('./runtime.cjs');
  const keptIn = project =>
    process.env.EKS_TEST_SAMPLE && {
      testEnvironment: require.resolve('./keptEnvironment.cjs'),
      testEnvironmentOptions: {
        ...project.testEnvironmentOptions,
        kept: project.testEnvironment,
      },
    };
  return {
    ...config,
    projects: config.projects.map(({ transform, ...project }) => ({
      ...project,
      ...keptIn(project),
      runtime,
      // The first that matches is taken
      transform: {
        [`/node_modules/.*${javascript}`]: [
          require.resolve('./dependency.cjs'),
          transform[javascript][1],
        ],
        ...transform,
      },
    })),
  };
})();
