import { endAll } from './run.mjs';

/** Something a person can put right: one sentence says what is wrong, the other what to do. */
export class Problem extends Error {
  /**
   * @param {string} what - what is wrong, one sentence
   * @param {string} remedy - what to do about it, one sentence
   * @param {string[]} [details] - lines worth seeing below, such as the end of a log
   */
  constructor(what, remedy, details = []) {
    super(what);
    this.name = 'Problem';
    this.remedy = remedy;
    this.details = details;
  }
}

function printProblem(problem) {
  console.error(`\n${problem.message}\n${problem.remedy}`);
  for (const line of problem.details) {
    console.error(`  | ${line}`);
  }
}

/**
 * Runs a command's main function. A `Problem` ends the command with its two sentences and exit code 1; anything
 * else is a mistake of these scripts and keeps its stack trace, so that it can be fixed.
 */
export async function main(run) {
  let ending = false;
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ]) {
    process.once(signal, () => {
      ending = true;
      endAll().finally(() => process.exit(code));
    });
  }
  try {
    const code = await run();
    process.exitCode = code ?? 0;
  } catch (error) {
    if (ending) {
      // What was ended on purpose is no problem
      return;
    }
    if (error instanceof Problem) {
      printProblem(error);
    } else if (error?.code === 'ENOSPC') {
      printProblem(diskFull());
    } else {
      console.error(error);
    }
    process.exitCode = 1;
  }
  // What failed may have left something running beside it
  await endAll();
}

export function diskFull(details) {
  return new Problem(
    'The disk is full.',
    'Free at least 3 GB on the disk that holds this folder and run the same command again.',
    details,
  );
}
