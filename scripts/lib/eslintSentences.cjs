const TEXTS =
  '/^(message|observed|expected|headline|sentence|cause|reason|title|lead|does)$/';
const READS =
  '/^(match|matchAll|replace|replaceAll|search|split|startsWith|endsWith|slice)$/';

/** An error says what its writer said: mostly AWS, Kubernetes or a library. */
const OF_ERRORS = at =>
  `:not([${at}.object.name=/^(error|info|issue|cause|explained)$/]):not([${at}.object.type='TSAsExpression'])`;

const named = at => [
  `[${at}.name=${TEXTS}]`,
  `[${at}.property.name=${TEXTS}]${OF_ERRORS(at)}`,
];
const RULE = [
  ...named('callee.object').map(
    text => `CallExpression[callee.property.name=${READS}]${text}`,
  ),
  ...named('arguments.0').map(
    text => `CallExpression[callee.property.name=/^(exec|test)$/]${text}`,
  ),
].map(selector => ({
  selector,
  message:
    'A text that the suite wrote is not read back: let its writer set a field. One of others belongs in the list of .eslintrc.js.',
}));

/**
 * Holds that no text which the suite itself wrote is read back: it is the last form of what its fields say. Told by the
 * name of what is read.
 *
 * @param {object} config - of Backstage, for one package
 * @param {Record<string, string[]>} foreign - files of `src` that read what others wrote, by the reason
 */
module.exports = (config, foreign = {}) => {
  config.overrides.push({
    files: ['src/**/*.ts', 'src/**/*.tsx'],
    excludedFiles: [
      '**/*.test.*',
      '**/__testUtils__/**',
      ...Object.values(foreign)
        .flat()
        .map(name => `src/${name}`),
    ],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...config.rules['no-restricted-syntax'].slice(1),
        ...RULE,
      ],
    },
  });
  return config;
};
