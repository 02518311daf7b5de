'use strict';

/** Backstage's configuration, with a runtime that loads faster. */
module.exports = (async () => {
  const config = await require('@backstage/cli/config/jest');
  const runtime = require.resolve('./runtime.cjs');
  return {
    ...config,
    projects: config.projects.map(project => ({ ...project, runtime })),
  };
})();
