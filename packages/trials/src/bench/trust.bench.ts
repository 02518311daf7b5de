/**
 * The analysis of trust policies against the sandbox's own evaluator, over far more random policies than `npm test`
 * tries. Prints how many it could judge, and how many edits turned the evaluator; fails with the smallest policy that
 * is judged wrongly.
 */
import { tryManyTrusts } from '../../../engine/src/identity/__testUtils__/trustTrial';
import { main, Problem } from '../../../../scripts/lib/problem.mjs';
import { figure } from '../../../../scripts/lib/output.mjs';

const POLICIES = 40_000;
const SEED = 20_261_126;
/** The first one ends the trial. */
const WRONG = 'trust policies judged wrongly';
const NONE = { most: 0 };

main(async () => {
  const counts = new Map<string, number>();
  const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  const seen = new Set<string>();
  try {
    tryManyTrusts(POLICIES, SEED, ({ verdict, edit }, { policy }) => {
      count(verdict);
      if (edit) count(`edit: ${edit}`);
      seen.add(JSON.stringify(policy));
    });
  } catch (error) {
    figure(WRONG, 1, 'policies', NONE);
    throw new Problem(
      'The analysis judges a policy wrongly.',
      (error as Error).message,
    );
  }
  figure(WRONG, 0, 'policies', NONE);
  figure('trust policies, different', seen.size, 'policies');
  for (const [name, number] of [...counts].sort()) {
    figure(`trust policies: ${name}`, (100 * number) / POLICIES, '%');
  }
  return 0;
});
