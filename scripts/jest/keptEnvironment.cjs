'use strict';
const { installCommonGlobals } = require('jest-util');

/** What Jest keeps among the globals for one test file. */
const ofJest = /^Symbol\([A-Z_]+\)$/;
/** As many times a page may start timers that are due at once, while it is emptied. */
const MOST_TURNS = 100;

/** By the file of Jest's own environment: the environment of this worker, and the globals that it had at first. */
const kept = new Map();
/** The console of the test file that runs. */
let console;

/**
 * The environment of Jest that `testEnvironmentOptions.kept` names, once for all test files of a worker, so that modules
 * that have run are there for the next file (`runtime.cjs`). For each file the globals and the process are as they were
 * at first and the body of the page is empty; mocks and timers are its own. Globals that are new stay, and so do matchers
 * of `expect`, changed built-in objects, and styles, listeners and attributes of the page.
 */
module.exports = function KeptEnvironment(config, context) {
  const file = config.projectConfig.testEnvironmentOptions.kept;
  const found = require(file);
  const Environment = found.TestEnvironment ?? found;
  console = context.console;
  if (!kept.has(file)) {
    const made = new Environment(config, { ...context, console: toLatest() });
    const globals = Object.getOwnPropertyDescriptors(made.global);
    kept.set(file, { made, globals });
  }
  const { made, globals } = kept.get(file);
  const { global, moduleMocker, fakeTimersModern } = made;
  restore(global, globals);
  // What it would clean up at its end, which never comes
  made._globalProxy?.leftovers.splice(0);
  return Object.assign(Object.create(made), {
    isKept: true,
    moduleMocker: new moduleMocker.constructor(global),
    fakeTimersModern: new fakeTimersModern.constructor({
      config: config.projectConfig,
      global,
    }),
    async handleTestEvent({ name }) {
      this.hasBegun ||= name === 'run_start';
      if (name === 'teardown') await this.end();
    },
    async end() {
      this.end = () => {};
      this.fakeTimersModern.dispose();
      if (made.dom) await emptyPage(made.dom);
    },
    async teardown() {
      // The event does not come for a file that fails to load
      await this.end();
    },
  });
};

/** A page says what it has to say to one console as long as it lives. */
function toLatest() {
  return new Proxy(console, { get: (_, name) => console[name] });
}

function restore(global, globals) {
  for (const key of Object.getOwnPropertySymbols(global)) {
    if (ofJest.test(String(key))) delete global[key];
  }
  for (const key of Reflect.ownKeys(globals)) {
    const now = Object.getOwnPropertyDescriptor(global, key);
    const was = globals[key];
    const same = now?.value === was.value && now?.get === was.get;
    if (now?.configurable !== false && !same) {
      Object.defineProperty(global, key, was);
    }
  }
  restoreProcess(global.process);
}

/** Modules hold the process and its variables, so both stay the same objects. */
function restoreProcess(process) {
  const fresh = installCommonGlobals({ Symbol, Date }, {}).process;
  const { env, ...others } = Object.getOwnPropertyDescriptors(fresh);
  process.removeAllListeners();
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env.value);
  Object.defineProperties(process, others);
}

/** Empties the body, the title and the storage, and ends what waits. Styles stay: the modules that have written them believe that they are there. */
async function emptyPage(dom) {
  const { window } = dom;
  const turn = () =>
    new Promise(resolve => {
      const id = window.setTimeout(() => resolve(id));
    });
  // React's scheduler never goes on once a timer of its own is cleared, so what is due ends first
  let [last, next] = [await turn(), await turn()];
  for (let turns = 0; next > last + 1 && turns < MOST_TURNS; turns += 1) {
    [last, next] = [next, await turn()];
  }
  for (let id = window.requestAnimationFrame(() => {}); id > 0; id -= 1) {
    window.cancelAnimationFrame(id);
  }
  for (; next > 0; next -= 1) window.clearTimeout(next);
  window.document.body.replaceChildren();
  window.document.title = '';
  window.localStorage.clear();
  window.sessionStorage.clear();
  dom.reconfigure({ url: 'http://localhost/' });
}
