'use strict';
const { join } = require('node:path');

/**
 * The usual configuration, save that each project sees the sources of all packages: what a test depends on need not
 * lie in its own.
 */
module.exports = (async () => {
  const config = await require('./config.cjs');
  const roots = config.projects.map(({ rootDir }) => rootDir);
  return {
    ...config,
    projects: config.projects.map(project => ({
      ...project,
      roots,
      testMatch: project.testMatch.map(pattern =>
        join(project.rootDir, pattern),
      ),
    })),
  };
})();
