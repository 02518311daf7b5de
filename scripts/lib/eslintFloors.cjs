/**
 * Backstage's ESLint configuration for a package whose folders are floors: imports only run downwards
 * (docs/architecture.md). Files beside the folders wire them or serve them all; tests may start what stands above.
 *
 * @param {string} directory - of the package
 * @param {string[][]} floors - folders of `src` from the top; those of one row may not depend on each other's order
 */
module.exports = (directory, floors) =>
  require('@backstage/cli/config/eslint-factory')(directory, {
    settings: {
      'import/resolver': { node: { extensions: ['.ts', '.tsx', '.json'] } },
    },
    overrides: [
      {
        files: ['src/**/*.ts'],
        excludedFiles: ['**/*.test.*', '**/__testUtils__/**'],
        rules: {
          'import/no-restricted-paths': [
            'error',
            {
              basePath: `${directory}/src`,
              zones: floors.slice(1).map((row, index) => ({
                target: row.map(name => `./${name}`),
                from: [
                  './index.ts',
                  './createEngine.ts',
                  './plugin.ts',
                  ...floors
                    .slice(0, index + 1)
                    .flat()
                    .map(name => `./${name}`),
                ],
                message:
                  'Imports only run downwards: docs/architecture.md has the floors.',
              })),
            },
          ],
        },
      },
    ],
  });
