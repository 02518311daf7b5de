import fc from 'fast-check';
import { respelled } from './__testUtils__/trustPolicies';
import { randomTrials, tryManyTrusts } from './__testUtils__/trustTrial';
import { analyseTrustPolicy } from './trustAnalysis';

/** `npm run trials -- trust` tries more. */
const RUNS = Number(process.env.EKS_TEST_TRUST_POLICIES ?? 2_000);

describe('random trust policies', () => {
  it('are judged as the sandbox’s evaluator judges them, and their edits turn it and open nothing', () => {
    const counts = { allows: 0, denies: 0, 'cannot-tell': 0 };
    tryManyTrusts(RUNS, 1, ({ verdict }) => {
      counts[verdict] += 1;
    });
    // A generator that never admits, or an analysis that never tells, would prove nothing.
    expect(counts.allows).toBeGreaterThan(RUNS / 10);
    expect(counts.denies).toBeGreaterThan(RUNS / 10);
    expect(counts['cannot-tell']).toBeLessThan(RUNS * 0.2);
  });

  it('are judged the same in any order and spelling', () => {
    fc.assert(
      fc.property(
        randomTrials().chain(trial =>
          respelled(trial.policy).map(policy => ({ trial, policy })),
        ),
        ({ trial, policy }) => {
          const judged = (document: unknown) =>
            analyseTrustPolicy(document, trial.question).verdict;
          expect(judged(policy)).toBe(judged(trial.policy));
        },
      ),
      { numRuns: RUNS, seed: 2 },
    );
  });
});
