'use strict';

/** Of 20 ms, for what ends by itself once a test file is done, as a kept connection does. A process that stands still takes none. */
const TURNS = Number(process.env.EKS_TEST_LEFT_TURNS ?? 1_500);

// They start when they are first used, and belong to the worker
process.stdin.readable && process.stdout.writable && process.stderr.writable;

/**
 * Makes a test file fail that leaves something running when it has ended: timers, servers, connections, processes.
 * It would go on while later files run. That Jest ends a worker by force says nothing of it: a busy machine needs more
 * than the half second that Jest grants. Node.js does not count threads, and counts the rest by kind: what a file that
 * has failed leaves can hide the same kind of thing in a later file.
 */
module.exports = function leaveNothing(environment) {
  const before = process.getActiveResourcesInfo();
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
      const left = process.getActiveResourcesInfo();
      for (const kind of before) {
        if (left.includes(kind)) left.splice(left.indexOf(kind), 1);
      }
      // What failed may have ended nothing, and has the word
      if (left.length === 0 || failed) return;
      if (turn === TURNS) {
        throw new Error(
          `This file leaves something running: ${left.join(', ')}.\n` +
            'npm test -- unit -- FILE --detectOpenHandles --forceExit often shows where that is started, in .cache/test/unit.log.',
        );
      }
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  };
};
