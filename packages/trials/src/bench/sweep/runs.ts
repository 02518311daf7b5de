import { ask, child, type World } from '../lib/child';
import type { Took } from '../lib/measured';
import { sum } from '../lib/statistics.mjs';
import type { Counts, Fleet } from './fleet';

/** One run over a fleet: what it took, which calls it made, and what its program answers of it. */
export type Run<T = unknown> = Took & {
  calls: Record<string, number>;
  result: T;
};

/**
 * Fills a sandbox with a fleet and has a program run over it, again and again.
 *
 * @param program - below src/bench; its first message has the configuration, each further one asks for a run
 */
export async function runsOver<T>(
  fleet: Fleet,
  program: string,
  configOf: (world: World) => object | Promise<object>,
  times: number,
): Promise<{ counts: Counts; runs: Run<T>[] }> {
  const sandbox = child('sweep/sandbox.ts');
  const world = await ask<World & { counts: Counts }>(sandbox, { fleet });
  const { backstage } = world.credentials;
  const runner = child(program, {
    AWS_ENDPOINT_URL: world.awsEndpoint,
    AWS_REGION: world.region,
    AWS_ACCESS_KEY_ID: backstage.accessKeyId,
    AWS_SECRET_ACCESS_KEY: backstage.secretAccessKey,
  });
  try {
    await ask(runner, { config: await configOf(world) });
    const runs: Run<T>[] = [];
    for (let run = 0; run < times; run += 1) {
      const took = await ask<Omit<Run<T>, 'calls'>>(runner, {});
      const calls = await ask<Run['calls']>(sandbox, { calls: true });
      runs.push({ ...took, calls });
    }
    return { counts: world.counts, runs };
  } finally {
    runner.kill();
    sandbox.kill();
  }
}

/** How many calls to these services. */
export const callsTo = (services: RegExp, calls: Run['calls']) =>
  sum(
    Object.entries(calls).flatMap(([name, count]) =>
      services.test(name) ? [count] : [],
    ),
  );
