import { availableParallelism, loadavg } from 'node:os';
import { figure } from '../../../../../scripts/lib/output.mjs';

const WARM_UP = 50;
const REQUESTS = 300;

const quantiles = { fastest: 0, median: 0.5, p95: 0.95, p99: 0.99 };

/** Answers with the milliseconds of every request, sent one after the other by each of so many callers. */
async function times(
  ask: () => Promise<void>,
  requests: number,
  callers: number,
) {
  const found: number[] = [];
  let left = requests;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (left > 0) {
        left -= 1;
        const start = performance.now();
        await ask();
        found.push(performance.now() - start);
      }
    }),
  );
  return found.sort((a, b) => a - b);
}

/**
 * Of requests one by one, and with eight callers at once; and the time that processors worked on one in the plugin's
 * process, as `cpuMs` counts it.
 */
export async function latency(
  name: string,
  ask: () => Promise<void>,
  cpuMs: () => Promise<number>,
) {
  await times(ask, WARM_UP, 1);
  for (const callers of [1, 8]) {
    const before = await cpuMs();
    const sorted = await times(ask, REQUESTS, callers);
    if (callers === 1) {
      figure(
        `${name}, processor time`,
        ((await cpuMs()) - before) / REQUESTS,
        'ms',
      );
    }
    for (const [quantile, share] of Object.entries(quantiles)) {
      figure(
        `${name}, ${
          callers === 1 ? 'one by one' : `${callers} at once`
        }, ${quantile}`,
        sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)],
        'ms',
      );
    }
  }
}

/** Latency is of a machine that has nothing else to do; where it has, the reader must know. */
export function sayHowBusy() {
  console.error(
    `# load average ${loadavg()[0].toFixed(
      1,
    )} on ${availableParallelism()} processors`,
  );
}
