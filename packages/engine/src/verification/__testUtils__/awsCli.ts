/** Read at load time, because test worlds remove every AWS setting from this process. */
const chosen = process.env.AWS_CLI;

/**
 * The real `aws` chosen by the test runner, which starts it so that it reaches only this machine. Any other could
 * call the real AWS.
 */
export function awsCli(): string {
  if (!chosen) {
    throw new Error(
      'AWS_CLI is not set. Run this test by "npm test -- lab -- PATH", which chooses the program.',
    );
  }
  return chosen;
}
