'use strict';
const { appendFileSync, readFileSync } = require('node:fs');

/** What Linux knows of this process, in seconds; elsewhere what Node.js does. */
function used() {
  try {
    const [stat, schedule] = ['stat', 'schedstat'].map(name =>
      readFileSync(`/proc/self/${name}`, 'utf8'),
    );
    // The program's name, in brackets, may have spaces: user and system time, then those of children that have ended
    const ticks = stat.slice(stat.lastIndexOf(')')).split(' ').slice(12, 16);
    return {
      processor: ticks.reduce((sum, tick) => sum + Number(tick), 0) / 100,
      queued: Number(schedule.split(' ')[1]) / 1e9,
    };
  } catch {
    const { user, system } = process.cpuUsage();
    return { processor: (user + system) / 1e6, queued: 0 };
  }
}

const now = () => ({ wall: performance.now() / 1000, ...used() });
let last = now();

/**
 * Writes a line to the file that the environment names: seconds since the line before, of wall time, of the processor
 * with the programs that ended meanwhile, and in the queue for a core.
 */
module.exports = function noteTimes(file) {
  const to = process.env.EKS_TEST_FILE_TIMES;
  if (!to) return;
  const before = last;
  last = now();
  const since = Object.keys(last).map(key => [key, last[key] - before[key]]);
  const line = JSON.stringify({ file, ...Object.fromEntries(since) });
  appendFileSync(to, `${line}\n`);
};
