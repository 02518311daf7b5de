/** Whether this is a run of all tests in the time of CI (`npm test`), which leaves parts of the long ones to the night. */
export const isSampled = Boolean(process.env.EKS_TEST_SAMPLE);

/**
 * Of a long table what `npm test` tries: so many cases, spread evenly. All of them in `npm test -- --all`, and wherever
 * tests are named or chosen by what changed.
 */
export const sample = <T>(cases: readonly T[], count: number): T[] =>
  isSampled && cases.length > count
    ? Array.from(
        { length: count },
        (_, at) => cases[Math.floor((at * cases.length) / count)],
      )
    : [...cases];
