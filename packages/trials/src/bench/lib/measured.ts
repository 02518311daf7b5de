import { createHash } from 'node:crypto';

/** What this process has used so far: unlike a latency, nearly the same on a busy machine. */
export function processorMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** What some work took: milliseconds, those of a processor, and how much more memory than before at most. */
export interface Took {
  ms: number;
  cpuMs: number;
  memoryMb: number;
}

/** Does some work, and says what that took beside its result. */
export async function measured<T>(
  work: () => Promise<T>,
): Promise<Took & { result: T }> {
  global.gc?.();
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 50);
  const cpu = processorMs();
  const startedAt = performance.now();
  const result = await work();
  const ms = performance.now() - startedAt;
  clearInterval(watch);
  const memoryMb = (most - before) / 1024 / 1024;
  return { ms, cpuMs: processorMs() - cpu, memoryMb, result };
}

/**
 * Processor time of a fixed piece of the work that reading a cluster is made of, milliseconds: what other figures are held
 * against, so that a goal is the same on every machine.
 */
export function yardstickMs(): number {
  const pods = Array.from({ length: 1_000 }, (_, at) => ({
    metadata: { name: `pod-${at}`, labels: { app: 'api', at: `${at}` } },
    spec: { containers: [{ name: 'app', env: [{ name: 'A', value: 'b' }] }] },
  }));
  const text = JSON.stringify(pods);
  const read = () =>
    createHash('sha256')
      .update(JSON.stringify(JSON.parse(text)))
      .digest('hex');
  // Compiled before it is measured
  for (let round = 0; round < 100; round += 1) read();
  const before = processorMs();
  for (let round = 0; round < 1_000; round += 1) read();
  return processorMs() - before;
}
