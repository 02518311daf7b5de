import type { Command } from 'commander';
import { bashCompletion } from './bash';
import { fishCompletion } from './fish';
import { type ProgramWords, wordsOf } from './words';
import { zshCompletion } from './zsh';

const SCRIPTS = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
} satisfies Record<string, (program: ProgramWords) => string>;

export type Shell = keyof typeof SCRIPTS;

export const SHELLS = Object.keys(SCRIPTS);

/** The script with which a shell completes the command line of the program. */
export const completionOf = (shell: Shell, program: Command): string =>
  SCRIPTS[shell](wordsOf(program));
