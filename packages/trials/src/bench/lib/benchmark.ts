import { main } from '../../../../../scripts/lib/problem.mjs';

/** Runs a benchmark to its end; whatever still holds a connection then is of no use any more. */
export async function benchmark(
  work: () => Promise<void>,
  cleanUp?: () => unknown,
): Promise<void> {
  await main(async () => {
    try {
      await work();
      return 0;
    } finally {
      await cleanUp?.();
    }
  });
  process.exit();
}
