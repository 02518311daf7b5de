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
