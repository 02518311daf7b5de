/** Read at once: a world for tests takes every setting of AWS out of this process. */
const chosen = process.env.AWS_CLI;

/**
 * The real `aws` that the test run has chosen. It starts it so that it reaches nothing but this machine; any other might
 * ask the real AWS.
 */
export function awsCli(): string {
  if (!chosen) {
    throw new Error(
      'AWS_CLI is not set. Run this test by "npm test -- lab -- PATH", which chooses the program.',
    );
  }
  return chosen;
}
