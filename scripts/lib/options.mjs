import { parseArgs } from 'node:util';
import { Problem } from './problem.mjs';

/**
 * The options of a command, as `parseArgs` of Node.js describes them, and the words beside them under `names` where it
 * takes some. `--help` prints the help and answers undefined; a wrong option is a `Problem`.
 */
export function readOptions(command, help, options = {}, more = {}) {
  try {
    const { values, positionals } = parseArgs({
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      ...more,
    });
    if (!values.help) {
      return { ...values, names: positionals };
    }
  } catch (error) {
    throw new Problem(`${error.message}.`, `See "${command} --help".`);
  }
  console.log(help);
  return undefined;
}

/** For a command that takes words beside its options. */
export const NAMES = { allowPositionals: true };
