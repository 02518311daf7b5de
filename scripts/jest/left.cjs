'use strict';
const { createHook } = require('node:async_hooks');
const { resolve } = require('node:path');

const root = resolve(__dirname, '../..');

/** Of 20 ms, for what ends by itself once a test file is done, as a kept connection does. A process that stands still takes none. */
const TURNS = Number(process.env.EKS_TEST_LEFT_TURNS ?? 1_500);

/** Milliseconds until the last look. */
const PATIENCE_MS = 20 * TURNS;

/** By id: what can keep this process alive, and where it was started. */
const started = new Map();
/** Whether the test file has ended. */
let ended = false;
// They count as there before
process.stdout.writable && process.stderr.writable;

createHook({
  init(id, type, _, resource) {
    // What runs at once is no trace of anything, and Node.js lets no listener of a signal keep it alive
    if (
      type !== 'Immediate' &&
      type !== 'SIGNALWRAP' &&
      typeof resource.hasRef === 'function'
    ) {
      started.set(id, {
        type,
        resource,
        // To keep its stack takes ten times as long as to start a timer, and there are thousands
        at: type === 'Timeout' && endsByItself(resource) ? undefined : stack(),
      });
    }
  },
  destroy: id => started.delete(id),
  // They keep nothing alive, and are many
  trackPromises: false,
}).enable();

/**
 * Of a timer that is just being started: nothing waits for it, or it fires before the last look. One that follows it by
 * then is started after the end of the file.
 */
function endsByItself(timer) {
  return (
    !timer.hasRef() ||
    (!ended && timer._repeat === null && timer._idleTimeout < PATIENCE_MS)
  );
}

function stack() {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 20;
  const error = new Error('started');
  Error.stackTraceLimit = limit;
  return error;
}

/**
 * Makes a test file fail that leaves something running when it has ended: timers, servers, connections, processes.
 * It would go on while later files run. That Jest ends a worker by force says nothing of it: a busy machine needs more
 * than the half second that Jest grants.
 */
module.exports = function leaveNothing(environment) {
  started.clear();
  ended = false;
  let failed = false;
  const handle = environment.handleTestEvent?.bind(environment);
  environment.handleTestEvent = (event, state) => {
    failed ||= /^(test_fn_failure|hook_failure|error)$/.test(event.name);
    return handle?.(event, state);
  };
  const teardown = environment.teardown.bind(environment);
  environment.teardown = async () => {
    ended = true;
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
        throw new Error(
          [
            `This file leaves something running (${left.length}).`,
            ...left.slice(0, 20).map(startOf),
          ].join('\n'),
        );
      }
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  };
};

/** What it is, and the first of our lines that started it. All in one line without "at": Jest leaves out what looks like a frame of its own. */
function startOf({ type, at, resource }) {
  if (!at) return `${type} of ${resource._idleTimeout} ms was given more time`;
  const [, ...frames] = at.stack.split('\n');
  const places = frames.map(frame => frame.replace(/^ *at (async )?/, ''));
  const ours = places.filter(
    place => !/node:|node_modules|scripts\/jest\//.test(place),
  );
  const shown = ours.length > 0 ? ours : places;
  const short = shown.slice(0, 4).map(place => place.replace(`${root}/`, ''));
  return `${type} is started by ${short.join(', by ')}`;
}
