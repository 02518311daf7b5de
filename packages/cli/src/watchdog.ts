import { Worker } from 'node:worker_threads';

/** How often the program shows that it is alive. Milliseconds. */
const BEAT_MS = 1_000;

/**
 * Runs in a second thread, and ends the process once it has missed that many beats in a row. The thread counts its own
 * turns instead of reading a clock: a machine that pauses stops both threads, and the process goes on.
 */
const WATCHER = `
const { writeSync } = require('node:fs');
const { parentPort, workerData } = require('node:worker_threads');
let missed = 0;
parentPort.on('message', () => { missed = 0; });
setInterval(() => {
  missed += 1;
  if (missed <= workerData.most) return;
  writeSync(2, workerData.text);
  process.kill(process.pid, 'SIGKILL');
}, workerData.beat);
`;

/**
 * Ends the process where it is busy for longer than this without a pause, which no timer within it can: by SIGKILL, so a
 * shell sees 137.
 *
 * @returns ends the watch
 */
export function watch(seconds: number): () => void {
  const worker = new Worker(WATCHER, {
    eval: true,
    workerData: {
      beat: BEAT_MS,
      most: Math.ceil((seconds * 1_000) / BEAT_MS),
      text: `The program has done nothing but compute for ${seconds} s, the time of --timeout, so it was ended.\n`,
    },
  });
  worker.unref();
  const beat = setInterval(() => worker.postMessage('alive'), BEAT_MS);
  beat.unref();
  return () => {
    clearInterval(beat);
    void worker.terminate();
  };
}
