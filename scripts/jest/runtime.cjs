'use strict';
const { Script } = require('node:vm');
const { isCommonJs } = require('./dependency.cjs');
const leaveNothing = require('./left.cjs');
const noteTimes = require('./times.cjs');

/** Backstage's own; it comes with the CLI. */
const runtimeOfBackstage = require.resolve(
  '@backstage/cli-module-test-jest/config/jestCachingModuleLoader',
  { paths: [require.resolve('@backstage/cli/package.json')] },
);
const BackstageRuntime = require(runtimeOfBackstage);

/**
 * Each test file has a context of its own, for which Jest reads, transforms and compiles every module anew. A worker
 * of this runtime reads dependencies that are CommonJS once and takes them as they are, and keeps the compiled script
 * of every module: it runs in any context.
 */
const commonJs = new Map();
const compiled = new Map();
/** A worker runs one test file at a time; what a script imports later is for the runtime of the present one. */
let current;

const dependency = /\/node_modules\//;
const commonJsName = /\.cjs(\.js)?$|\/(dist-)?(cjs|commonjs)\/.*\.js$/;

module.exports = class Runtime extends BackstageRuntime {
  constructor(...args) {
    super(...args);
    current = this;
    leaveNothing(this._environment);
  }

  teardown() {
    super.teardown();
    noteTimes(this._testPath);
  }

  transformFile(filename, options) {
    if (!dependency.test(filename)) {
      return super.transformFile(filename, options);
    }
    const known = commonJs.get(filename);
    if (known !== undefined) {
      return known;
    }
    const source = this.readFile(filename);
    if (!commonJsName.test(filename) && !isCommonJs(filename, source)) {
      return super.transformFile(filename, options);
    }
    const code = source.replace(/^#!.*/, '');
    commonJs.set(filename, code);
    return code;
  }

  createScriptFromCode(source, filename) {
    const context = this._environment.getVmContext();
    if (context === null) {
      return null;
    }
    const parameters = this.constructInjectedModuleParameters().join();
    const known = compiled.get(filename);
    if (known?.source === source && known.parameters === parameters) {
      return known.script.runInContext(context);
    }
    const head = `(function(${parameters}){`;
    try {
      const script = new Script(`${head}${source}\n})`, {
        filename,
        columnOffset: -head.length,
        importModuleDynamically: async specifier =>
          current.linkAndEvaluateModule(
            await current.resolveModule(
              specifier,
              filename,
              current._environment.getVmContext(),
            ),
          ),
      });
      compiled.set(filename, { source, parameters, script });
      return script.runInContext(context);
    } catch {
      // Says where the syntax is wrong, and what to do
      return super.createScriptFromCode(source, filename);
    }
  }
};
