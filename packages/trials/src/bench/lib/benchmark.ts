import { main } from '../../../../../scripts/lib/problem.mjs';

/** Runs a benchmark to its end; whatever still holds a connection then is of no use any more. */
export async function benchmark(work: () => Promise<void>): Promise<void> {
  await main(work);
  process.exit();
}
