'use strict';

const javascript = '\\.(mjs|cjs|js)$';

/** Backstage's configuration, with what loads faster: the transform of dependencies, and the runtime. */
module.exports = (async () => {
  const config = await require('@backstage/cli/config/jest');
  const runtime = require.resolve('./runtime.cjs');
  return {
    ...config,
    projects: config.projects.map(({ transform, ...project }) => ({
      ...project,
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
