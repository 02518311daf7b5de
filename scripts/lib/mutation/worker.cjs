// Runs Jest's own test runner in this process, again and again: a mutant costs the reload of what imports it, no more.
const { readFileSync } = require('node:fs');
const { dirname } = require('node:path');
const circus = require('jest-circus');
const { jestExpect } = require('@jest/expect');
const { ModuleMocker } = require('jest-mock');
const ts = require('typescript');
const { importersOf, neededBy, resolveImport } = require('./imports.cjs');
const Module = require('node:module');

/** What a test that never ends is given. */
const TEST_TIMEOUT_MS = 3_000;

const compiled = new Map();
let changed;

function compile(file) {
  const source = changed?.file === file ? changed.source : undefined;
  if (source === undefined && compiled.has(file)) return compiled.get(file);
  const { outputText } = ts.transpileModule(
    source ?? readFileSync(file, 'utf8'),
    {
      fileName: file,
      compilerOptions: {
        module: ts.ModuleKind.CommonJS,
        target: ts.ScriptTarget.ES2022,
        esModuleInterop: true,
        isolatedModules: true,
        jsx: ts.JsxEmit.ReactJSX,
      },
    },
  );
  if (source === undefined) compiled.set(file, outputText);
  return outputText;
}

for (const extension of ['.ts', '.tsx']) {
  require.extensions[extension] = (module, file) =>
    module._compile(compile(file), file);
}
const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function resolve(request, parent, ...rest) {
  const found = parent?.filename && resolveImport(request, parent.filename);
  return found ?? resolveFilename.call(this, request, parent, ...rest);
};

const mocker = new ModuleMocker(globalThis);
const { describe, it, test, beforeAll, beforeEach, afterAll, afterEach } =
  circus;
Object.assign(globalThis, {
  describe,
  it,
  test,
  beforeAll,
  beforeEach,
  afterAll,
  afterEach,
  expect: jestExpect,
  jest: {
    fn: mocker.fn.bind(mocker),
    spyOn: mocker.spyOn.bind(mocker),
    restoreAllMocks: () => mocker.restoreAllMocks(),
    setTimeout() {},
    retryTimes() {},
  },
});

/** Forgets a file and everything that was built on it. */
function forget(file) {
  for (const one of [file, ...importersOf(file)]) delete require.cache[one];
  // Else every reload would keep the one before in memory.
  for (const one of Object.values(require.cache)) {
    one.children = one.children?.filter(
      child => require.cache[child.id] === child,
    );
  }
}

/** The first failure of a test file, undefined where all pass. */
async function firstFailure(file) {
  circus.resetState();
  circus.getState().testTimeout = TEST_TIMEOUT_MS;
  delete require.cache[file];
  jestExpect.setState({ testPath: file, currentTestName: undefined });
  try {
    process.chdir(dirname(file));
    require(file);
  } catch (error) {
    return `does not load: ${error.message}`;
  }
  const { testResults, unhandledErrors } = await circus.run();
  if (unhandledErrors.length) return String(unhandledErrors[0]);
  const failed = testResults.find(one => one.errors.length > 0);
  return (
    failed && `${failed.testPath.slice(1).join(' › ')}: ${failed.errors[0]}`
  );
}

async function work({ mutant, tests }) {
  // So that it is known what has to be loaded anew
  tests.forEach(neededBy);
  if (mutant) {
    const source = readFileSync(mutant.file, 'utf8');
    changed = {
      file: mutant.file,
      source:
        source.slice(0, mutant.start) +
        mutant.replacement +
        source.slice(mutant.end),
    };
    forget(mutant.file);
  }
  try {
    for (const file of tests) {
      const failure = await firstFailure(file);
      if (failure) return failure;
    }
    return undefined;
  } finally {
    changed = undefined;
    if (mutant) forget(mutant.file);
  }
}

process.on('message', job => {
  work(job).then(
    failure => process.send({ failure }),
    error => {
      console.error(error);
      process.exit(1);
    },
  );
});
// What a mutant breaks later is a failure as well, and not the end of this process.
process.on('uncaughtException', () => {});
process.on('unhandledRejection', () => {});
