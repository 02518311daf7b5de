// Runs Jest's own test runner in this process, again and again: a mutant costs the reload of what imports it, no more.
const { readFileSync } = require('node:fs');
const { dirname, relative } = require('node:path');
const circus = require('jest-circus');
const { jestExpect } = require('@jest/expect');
const { ModuleMocker } = require('jest-mock');
const ts = require('typescript');
const {
  importersOf,
  importsOf,
  neededBy,
  resolveImport,
  root,
} = require('./imports.cjs');
const { instrumented } = require('./mutants.cjs');
const Module = require('node:module');
require('../../jest/loopbackOnly.cjs');

/** Folders whose blocks say when a test comes there. */
const folders = process.argv.slice(2);

const compiled = new Map();
let mutant;

/** The blocks that the present test has come to, or what runs around the tests of a file. */
let hits = new Set();
/** Those that a file comes to as it loads, which happens once for all files of tests. */
const loading = new Set();
globalThis.__hit = block => hits.add(block);

/** CommonJS has no `import.meta`. */
const HERE = "require('node:url').pathToFileURL(__filename).href";

function compile(file) {
  const isMutant = mutant?.file === file;
  if (!isMutant && compiled.has(file)) return compiled.get(file);
  const source = readFileSync(file, 'utf8');
  const name = relative(root, file);
  const code = ts
    .transpileModule(textOf(), {
      fileName: file,
      compilerOptions: {
        module: ts.ModuleKind.CommonJS,
        target: ts.ScriptTarget.ES2022,
        esModuleInterop: true,
        isolatedModules: true,
        jsx: ts.JsxEmit.ReactJSX,
      },
    })
    .outputText.replaceAll('import.meta.url', HERE);
  if (!isMutant) compiled.set(file, code);
  return code;

  function textOf() {
    if (isMutant) {
      const { start, end, replacement } = mutant;
      return source.slice(0, start) + replacement + source.slice(end);
    }
    return folders.some(folder => name.startsWith(`${folder}/`))
      ? instrumented(source, name)
      : source;
  }
}

for (const extension of ['.ts', '.tsx']) {
  require.extensions[extension] = (module, file) =>
    module._compile(compile(file), file, 'commonjs');
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
    resetAllMocks: () => mocker.resetAllMocks(),
    setTimeout() {},
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

const BACKEND_TESTS = '@backstage/backend-test-utils';

/** As it loads, it asks for the end of the tests to stop its backends; so it has to load for each file of tests. */
function forgetBackendTests(file) {
  const needed = neededBy(file);
  if (!needed.packages.has(BACKEND_TESTS)) return;
  for (const one of Object.keys(require.cache)) {
    if (one.includes(`/${BACKEND_TESTS}/`)) delete require.cache[one];
  }
  [...needed.files]
    .filter(one => importsOf(one).includes(BACKEND_TESTS))
    .forEach(forget);
}

let run;
const nothing = /^\0$/;
const idOf = one => (one.parent ? [...idOf(one.parent), one.name] : []);

circus.addEventHandler(({ name, test: one }, state) => {
  if (name === 'test_started') {
    hits = new Set();
    run.startedAt = performance.now();
  } else if (name === 'test_done') {
    const failure = one.errors.length > 0 && messageOf(one.errors[0]);
    run.tests.push({
      name: idOf(one).join(' '),
      ms: performance.now() - run.startedAt,
      hits: [...hits],
      failure: failure || undefined,
    });
    hits = run.around;
    // No other test needs to fail
    if (failure && run.bail) state.testNamePattern = nothing;
  }
});

const messageOf = error =>
  String([error].flat().find(Boolean)?.message ?? error).slice(0, 500);

const literally = text => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Runs a file of tests, or those of it that are named; to the first failure, where it is asked for. */
async function runTests({ file, names, timeout, bail }) {
  circus.resetState();
  const state = circus.getState();
  state.testTimeout = timeout;
  if (names) {
    state.testNamePattern = new RegExp(
      `^(?:${names.map(literally).join('|')})$`,
    );
  }
  run = { bail, tests: [], around: new Set() };
  hits = loading;
  forgetBackendTests(file);
  delete require.cache[file];
  jestExpect.setState({ testPath: file, currentTestName: undefined });
  let startedAt = performance.now();
  let failure;
  try {
    process.chdir(dirname(file));
    require(file);
    // The first of its process to load would cost as much as all that it loads
    startedAt = performance.now();
    hits = run.around;
    const { unhandledErrors } = await circus.run();
    failure = unhandledErrors[0];
  } catch (error) {
    failure = `does not load: ${error.message}`;
  }
  const { tests, around } = run;
  return {
    failure: failure && messageOf(failure),
    tests,
    around: [...around, ...loading],
    ms: performance.now() - startedAt,
    memory: process.memoryUsage().rss,
  };
}

/** Puts a fault in; none where it is undefined. */
function put(next) {
  if (JSON.stringify(next) === JSON.stringify(mutant)) return;
  const changed = [mutant, next].filter(Boolean).map(({ file }) => file);
  mutant = next;
  changed.forEach(forget);
}

process.on('message', async job => {
  // So that it is known what has to be loaded once more
  neededBy(job.file);
  put(job.mutant);
  process.send(await runTests(job));
});
// Servers that a fault has left running would keep it alive; processes that tests started go with it.
process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
// What a mutant breaks later is a failure as well, and not the end of this process.
process.on('uncaughtException', () => {});
process.on('unhandledRejection', () => {});
