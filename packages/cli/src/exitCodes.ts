/** What the program ends with; `eks-pod-identity verify --help` and the README list them. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  inconclusive: 3,
  unable: 4,
  interrupted: 130,
} as const;

export const EXIT_TEXT = `
Exit codes:
  0    everything is as it should be
  1    a finding, also where a file cannot be written: Broken, No pod has it, Uses other
       credentials, Pods do not start, Restart needed or Partly works (--fail-on narrows that);
       a verdict of inventory that --fail-on names; a plan that has a conflict or is refused by
       guardrails; a move that cannot be made; a gate that new pods did not pass
  2    the command line or a file is wrong, or a file cannot be written and there is no finding
  3    no finding, but an answer is missing: Could not check, Setting up or Rolling out; one
       service account with No workload, No identity yet or Uses IRSA, unless
       --before-deploy; with
       --require-proof everything but Verified; a move or a gate of which it cannot tell
  4    the program could not do its work: no credentials, no such cluster, no answer
  130  interrupted
  137  it computed for longer than --timeout without a pause, and was ended`;

/** Ends the program with a sentence and a code. */
export class CliError extends Error {
  readonly name = 'CliError';
  readonly code: number;
  constructor(message: string, code: number = EXIT.usage) {
    super(message);
    this.code = code;
  }
}

/** The code and the words for an error of any part of the program. */
export function exitOf(
  error: Error,
  signal: AbortSignal,
): { code: number; message: string } {
  if (signal.aborted) {
    return { code: EXIT.interrupted, message: 'Interrupted.' };
  }
  if (error instanceof CliError) return error;
  const code = error.name === 'InputError' ? EXIT.usage : EXIT.unable;
  return { code, message: error.message };
}
