module.exports = require('@backstage/cli/config/eslint-factory')(__dirname, {
  rules: {
    // It tries what packages have inside, with the helpers of their tests and the programs of scripts, and starts portals
    '@backstage/no-relative-monorepo-imports': 'off',
    '@backstage/no-mixed-plugin-imports': 'off',
    'no-restricted-imports': 'off',
  },
});
