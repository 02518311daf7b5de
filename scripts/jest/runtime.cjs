'use strict';
const { dirname } = require('node:path');
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
 * Each test file has a context of its own, for which Jest finds, reads, transforms and compiles every module again. A
 * worker of this runtime does so once: it keeps which file a name means, what the file is transformed to, and the
 * compiled script, which runs in any context. Only what a module is when it has run belongs to one test file.
 */
const found = new Map();
const commonJs = new Map();
const transformed = new Map();
const compiled = new Map();
const knowsJest = new Map();
/** A worker runs one test file at a time; what a script imports later is for the runtime of the present one. */
let current;

const dependency = /\/node_modules\//;
const commonJsName = /\.cjs(\.js)?$|\/(dist-)?(cjs|commonjs)\/.*\.js$/;

const within = (map, key) => map.get(key) ?? map.set(key, new Map()).get(key);

module.exports = class Runtime extends BackstageRuntime {
  #found;
  #transformed;
  #jestOfDependencies;

  constructor(...args) {
    super(...args);
    current = this;
    const { _config: config, cjsConditions } = this;
    const how = ['moduleFileExtensions', 'moduleNameMapper', 'modulePaths'];
    this.#found = within(
      found,
      JSON.stringify([cjsConditions, ...how.map(name => config[name])]),
    );
    // The hash of how files are transformed
    this.#transformed = within(transformed, config.id);
    leaveNothing(this._environment);
  }

  teardown() {
    super.teardown();
    noteTimes(this._testPath);
  }

  /** What a module requires. To learn whether it is mocked takes Jest longer than to load it. */
  requireModuleOrMock(from, name) {
    if (
      this._virtualMocks.size > 0 ||
      this._shouldAutoMock ||
      this._isolatedModuleRegistry
    ) {
      return super.requireModuleOrMock(from, name);
    }
    const names = within(this.#found, dirname(from));
    const known = names.get(name);
    if (known === undefined) {
      const exports = super.requireModuleOrMock(from, name);
      names.set(name, this.#find(from, name));
      return exports;
    }
    const { filename, id } = known;
    return filename === undefined || this._explicitShouldMock.has(id)
      ? super.requireModuleOrMock(from, name)
      : this._moduleRegistry.get(filename)?.exports ??
          this.#load(from, name, filename);
  }

  /** The file that a name means, and its name for mocks. None of a module of Node.js, of Jest, or with a mock beside it. */
  #find(from, name) {
    const options = { conditions: this.cjsConditions };
    return name === '@jest/globals' ||
      this._resolver.isCoreModule(name) ||
      this._resolver.getMockModule(from, name, options)
      ? {}
      : {
          filename: this._resolver.resolveModule(from, name, options),
          id: this._resolver.getModuleID(
            this._virtualMocks,
            from,
            name,
            options,
          ),
        };
  }

  /** As Jest does once it knows the file. */
  #load(from, name, filename) {
    const module = {
      children: [],
      exports: {},
      filename,
      id: filename,
      isPreloading: false,
      loaded: false,
      path: dirname(filename),
    };
    const registry = this._moduleRegistry;
    registry.set(filename, module);
    try {
      this._loadModule(module, from, name, filename, undefined, registry);
    } catch (error) {
      registry.delete(filename);
      throw error;
    }
    return module.exports;
  }

  /** A dependency that does not know Jest needs none of its own. */
  _createJestObjectFor(from) {
    if (!dependency.test(from)) {
      return super._createJestObjectFor(from);
    }
    let knows = knowsJest.get(from);
    if (knows === undefined) {
      knows = /\bjest\b/.test(this.transformFile(from));
      knowsJest.set(from, knows);
    }
    return knows
      ? super._createJestObjectFor(from)
      : (this.#jestOfDependencies ??= super._createJestObjectFor(from));
  }

  transformFile(filename, options) {
    const raw = commonJs.get(filename);
    if (raw !== undefined) {
      return raw;
    }
    if (dependency.test(filename)) {
      const source = this.readFile(filename);
      if (commonJsName.test(filename) || isCommonJs(filename, source)) {
        const code = source.replace(/^#!.*/, '');
        commonJs.set(filename, code);
        return code;
      }
    }
    if (options?.isInternalModule) {
      return super.transformFile(filename, options);
    }
    const known = this.#transformed.get(filename);
    if (known === undefined) {
      const code = super.transformFile(filename, options);
      this.#transformed.set(filename, this._fileTransforms.get(filename));
      return code;
    }
    // For the stack of an error
    this._fileTransforms.set(filename, known);
    if (known.sourceMapPath) {
      this._sourceMapRegistry.set(filename, known.sourceMapPath);
    }
    return known.code;
  }

  createScriptFromCode(source, filename) {
    const context = this._environment.getVmContext();
    if (context === null) {
      return null;
    }
    const parameters = this.constructInjectedModuleParameters().join();
    const scripts = within(within(compiled, parameters), filename);
    const known = scripts.get(source);
    if (known) {
      return known.runInContext(context);
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
      scripts.set(source, script);
      return script.runInContext(context);
    } catch {
      // Says where the syntax is wrong, and what to do
      return super.createScriptFromCode(source, filename);
    }
  }
};
