'use strict';
const { createHook } = require('node:async_hooks');

/** Of 20 ms, for what ends by itself once a test file is done, as a kept connection does. A process that stands still takes none. */
const TURNS = 1_500;

/** By id: what can keep this process alive, and where it was started. */
const started = new Map();
// They count as there before
process.stdout.writable && process.stderr.writable;

createHook({
  init(id, type, _, resource) {
    if (typeof resource.hasRef === 'function') {
      const limit = Error.stackTraceLimit;
      Error.stackTraceLimit = 10;
      started.set(id, { resource, at: new Error(`${type} is started`) });
      Error.stackTraceLimit = limit;
    }
  },
  destroy: id => started.delete(id),
  // They keep nothing alive, and are many
  trackPromises: false,
}).enable();

/**
 * Makes a test file fail that leaves something running when it has ended: timers, servers, connections, processes.
 * It would go on while later files run. That Jest ends a worker by force says nothing of it: a busy machine needs more
 * than the half second that Jest grants.
 */
module.exports = function leaveNothing(environment) {
  started.clear();
  let failed = false;
  const handle = environment.handleTestEvent?.bind(environment);
  environment.handleTestEvent = (event, state) => {
    failed ||= /^(test_fn_failure|hook_failure|error)$/.test(event.name);
    return handle?.(event, state);
  };
  const teardown = environment.teardown.bind(environment);
  environment.teardown = async () => {
    await teardown();
    for (let turn = 0; ; turn += 1) {
      // A timer that has fired or was cleared is forgotten a little later
      const left = [...started.values()].filter(
        ({ resource }) =>
          !resource._destroyed &&
          resource.hasRef() &&
          // It starts when it is first read, and belongs to the worker
          resource !== process.stdin._handle,
      );
      // What failed may have ended nothing, and has the word
      if (left.length === 0 || failed) {
        return;
      }
      if (turn === TURNS) {
        const error = new Error(
          `This file leaves something running (${left.length}).`,
        );
        error.stack = [error.message, ...left.slice(0, 20).map(startOf)].join(
          '\n\n',
        );
        throw error;
      }
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  };
};

/** Where it was started, without the frames of Node and Jest. */
function startOf({ at }) {
  return at.stack
    .split('\n')
    .filter(line => !/node:internal|jest-circus|left\.cjs/.test(line))
    .join('\n');
}
