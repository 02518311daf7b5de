const withSentences = require('./eslintSentences.cjs');

/**
 * Backstage's ESLint configuration for a package whose folders are floors: imports only run downwards
 * (docs/architecture.md). Tests may start what stands above.
 *
 * @param {string} directory - of the package
 * @param {string[][]} floors - folders and files of `src` from the top; those of one row must not depend on each other's order
 * @param {Record<string, string[][]>} inside - the same for folders of `src`
 * @param {Record<string, string[]>} foreign - see eslintSentences.cjs
 */
module.exports = (directory, floors, inside = {}, foreign = {}) =>
  withSentences(
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
                zones: Object.entries({ '.': floors, ...inside }).flatMap(
                  ([folder, rows]) => zonesOf(folder, rows),
                ),
              },
            ],
          },
        },
      ],
    }),
    foreign,
  );

function zonesOf(folder, rows) {
  const paths = rows.map(row => row.map(name => `./${folder}/${name}`));
  return paths.slice(1).map((target, index) => ({
    target,
    from: paths.slice(0, index + 1).flat(),
    message: 'Imports only run downwards: docs/architecture.md has the floors.',
  }));
}
