/**
 * The end of the name of tests that are left out where this machine lacks something: a run of all tests prints the reason, which it
 * finds there. Empty where nothing is missing.
 */
export const leftOut = (lack: string | undefined) =>
  lack ? ` (LEFT OUT: ${lack})` : '';
