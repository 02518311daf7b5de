// Folders from the top; imports only run downwards. Files beside the folders wire them, or stand below them all.
const floors = [
  ['routes', 'actions'],
  ['sweep'],
  ['status'],
  ['operations'],
  ['permissions'],
  ['store'],
];

module.exports = require('@backstage/cli/config/eslint-factory')(__dirname, {
  settings: {
    'import/resolver': { node: { extensions: ['.ts', '.tsx', '.js'] } },
  },
  overrides: [
    {
      files: ['src/**/*.ts'],
      excludedFiles: ['**/*.test.*', '**/__testUtils__/**'],
      rules: {
        'import/no-restricted-paths': [
          'error',
          {
            basePath: `${__dirname}/src`,
            zones: floors.flatMap((above, index) => ({
              target: floors
                .slice(index + 1)
                .flat()
                .map(name => `./${name}`),
              from: above.map(name => `./${name}`),
              message:
                'Imports only run downwards: see the top of .eslintrc.js',
            })),
          },
        ],
      },
    },
  ],
});
