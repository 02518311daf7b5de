import { CliError } from '../cliError';
import { CliResult, ServiceContext } from '../sdk';

/** One object to move or delete. */
export interface Transfer {
  verb: 'upload' | 'download' | 'copy' | 'delete';
  /** `SOURCE to TARGET`, or what is deleted. */
  what: string;
  /** Whether its success is not worth a line, as with standard input. */
  silent?: boolean;
  run(): Promise<void>;
}

/** Flags of the commands that print a line for each object. */
export const TRANSFER_FLAGS = ['quiet', 'only-show-errors', 'dryrun'];

/** A failure before the first transfer. */
export const fatal = (error: unknown): CliResult => {
  if (!(error instanceof CliError)) {
    throw error;
  }
  return { stdout: '', stderr: `fatal error: ${error.brief}\n`, exitCode: 1 };
};

/**
 * Carries out transfers one after another. The real CLI does some at once and shows their progress, which the sandbox
 * leaves out.
 */
export async function carryOut(
  { args }: ServiceContext,
  transfers: Transfer[],
): Promise<CliResult> {
  const quiet = args.flags.has('quiet');
  const shows = !quiet && !args.flags.has('only-show-errors');
  const result: CliResult = { stdout: '', stderr: '', exitCode: 0 };
  for (const { verb, what, silent, run } of transfers) {
    const dry = args.flags.has('dryrun');
    try {
      if (!dry) {
        await run();
      }
      result.stdout +=
        shows && !silent ? `${dry ? '(dryrun) ' : ''}${verb}: ${what}\n` : '';
    } catch (error) {
      if (!(error instanceof CliError)) {
        throw error;
      }
      result.stderr += quiet ? '' : `${verb} failed: ${what} ${error.brief}\n`;
      result.exitCode = 1;
    }
  }
  return result;
}
