'use strict';

const ofBackstage = { paths: [require.resolve('@backstage/cli/package.json')] };
const swcOfBackstage = require.resolve(
  '@backstage/cli-module-test-jest/config/jestSwcTransform',
  ofBackstage,
);
const { createTransformer } = require(swcOfBackstage);
const { transformSync } = require(require.resolve('@swc/core', {
  paths: [swcOfBackstage],
}));

/** Backstage's transform, too, leaves a .js file without these words as it is. */
const esmWord = /\b(?:import|export)\b/;
const commonJsName = /\.cjs(\.js)?$|\/(dist-)?(cjs|commonjs)\/.*\.js$/;
const isCommonJs = (filename, source) =>
  commonJsName.test(filename) ||
  (filename.endsWith('.js') && !esmWord.test(source));

/**
 * Backstage's transform, without source maps, for dependencies: their sources are of no use in a stack, and to make,
 * encode, decode and store the maps takes longer than all the rest.
 */
module.exports.createTransformer = config => {
  const options = {
    swcrc: false,
    sourceMaps: false,
    module: { ...config.module, type: 'commonjs' },
    jsc: {
      ...config.jsc,
      target: 'es2023',
      transform: { hidden: { jest: true } },
    },
  };
  return {
    getCacheKey: createTransformer(config).getCacheKey,
    process: (source, filename) => ({
      code: isCommonJs(filename, source)
        ? source
        : transformSync(source, { ...options, filename }).code,
    }),
  };
};
