'use strict';
const leaveNothing = require('./left.cjs');
const noteTimes = require('./times.cjs');

/** Backstage's own; it comes with the CLI. */
const runtimeOfBackstage = require.resolve(
  '@backstage/cli-module-test-jest/config/jestCachingModuleLoader',
  { paths: [require.resolve('@backstage/cli/package.json')] },
);
const BackstageRuntime = require(runtimeOfBackstage);

/** By environment, transform and map of names: the modules that have run and serve every test file, by file. */
const ready = new Map();
/** By file: where the map of its source is. */
const sourceMaps = new Map();
/** By file: the files that it requires while it loads. */
const required = new Map();
/** Files whose modules belong to one test file. */
const ofOneFile = new Set();
/** The runtime of the test file that runs; a worker runs one at a time. */
let current;

/** Fixtures of a plugin, whose times count from the moment at which they are loaded. */
const fixtures = /\/dev\//;
const script = /\.[cm]?[jt]sx?$/;
const asksJest =
  /\bjest\.\w+\(|\bexpect\.extend\(|(?<!\w|this\.|async )(before|after)(Each|All)\(/;

const within = (map, key, made) => map.get(key) ?? map.set(key, made).get(key);

/**
 * Jest finds, reads, transforms, compiles and runs every module again for each test file. Where the environment is kept
 * (`keptEnvironment.cjs`), a worker of this runtime keeps modules that have run, and their code that has become fast. A
 * module whose code calls Jest (`jest.…`, `expect.extend`, hooks) belongs to one test file, and so does what requires it.
 */
class Runtime extends BackstageRuntime {
  #ready;
  /** How many modules are being loaded, each for the one before. */
  #depth = 0;
  /** The modules that the outermost of them has needed. */
  #loaded = [];

  constructor(...args) {
    super(...args);
    current = this;
    leaveNothing(this._environment);
    if (this._environment.isKept) {
      const { testEnvironmentOptions, transform, moduleNameMapper } =
        this._config;
      const how = [testEnvironmentOptions, transform, moduleNameMapper];
      this.#ready = within(ready, JSON.stringify(how), new Map());
      this._moduleRegistry.get = file => this.#registered(file);
    }
  }

  teardown() {
    this._sourceMapRegistry.forEach((map, file) => sourceMaps.set(file, map));
    super.teardown();
    // Kept modules hold the runtime that has loaded them, and these the tests of their file
    this.setGlobalsForRuntime(undefined);
    noteTimes(this._testPath);
  }

  getSourceMaps() {
    return {
      get: file => this._sourceMapRegistry.get(file) ?? sourceMaps.get(file),
    };
  }

  /** The module of this test file or, where it mocks nothing, that of all. */
  #registered(file) {
    const from = this._currentlyExecutingModulePath;
    if (from && !this.#ready.has(from)) {
      within(required, from, new Set()).add(file);
    }
    return (
      Map.prototype.get.call(this._moduleRegistry, file) ??
      (this._explicitShouldMock.size === 0 ? this.#ready.get(file) : undefined)
    );
  }

  /** After a reset, what a file requires is its own. */
  resetModules() {
    super.resetModules();
    // Jest's constructor calls it, too
    if (#ready in this) this.#ready &&= new Map();
  }

  _loadModule(module, from, name, file, options, registry) {
    const load = () =>
      super._loadModule(module, from, name, file, options, registry);
    if (!this.#ready || registry !== this._moduleRegistry) {
      load();
      return;
    }
    if (this.#depth === 0) this.#loaded = [];
    this.#depth += 1;
    const executing = this._currentlyExecutingModulePath;
    try {
      load();
      this.#loaded.push(module);
    } finally {
      this.#depth -= 1;
      // Jest leaves it at a module that throws
      this._currentlyExecutingModulePath = executing;
    }
    if (this.#depth === 0) this.#keep(this.#loaded);
  }

  /** Keeps modules for the next test files. Some may require each other in a circle, so all of one load are looked at together. */
  #keep(modules) {
    // A runtime that is torn down runs no code of a module
    if (this._explicitShouldMock.size > 0 || this.isTornDown) return;
    const files = modules.map(({ filename }) => filename);
    const claim = isOfOneFile =>
      files
        .filter(file => !ofOneFile.has(file) && isOfOneFile(file))
        .map(file => ofOneFile.add(file)).length;
    const requires = file =>
      [...(required.get(file) ?? [])].some(one => ofOneFile.has(one));
    claim(
      file =>
        file === this._testPath || fixtures.test(file) || this.#asksJest(file),
    );
    while (claim(requires) > 0);
    for (const module of modules) {
      if (!ofOneFile.has(module.filename) && this.#isAsAtFirst(module)) {
        this.#ready.set(module.filename, module);
      }
    }
  }

  /** A module may hold fake timers that it has seen as it loaded, and one of ours what a running test has set. */
  #isAsAtFirst({ filename }) {
    const { hasBegun, global } = this._environment;
    const isFaked = global.setTimeout.clock ?? global.Date.clock;
    return !isFaked && (!hasBegun || filename.includes('/node_modules/'));
  }

  #asksJest(file) {
    return script.test(file) && asksJest.test(this.transformFile(file));
  }
}

// What a kept module requires or imports later is for the test file that runs then
for (const name of [
  'requireModuleOrMock',
  'resolveModule',
  'linkAndEvaluateModule',
]) {
  Runtime.prototype[name] = function ofCurrent(...args) {
    const runtime = this._environment.isKept ? current : this;
    return BackstageRuntime.prototype[name].apply(runtime, args);
  };
}

module.exports = Runtime;
