import { parseArgs } from 'node:util';
import { Problem } from './problem.mjs';

/**
 * The options of a command, as `parseArgs` of Node.js describes them. `--help` prints the help and answers undefined; a
 * wrong option is a `Problem`.
 */
export function readOptions(command, help, options = {}) {
  let values;
  try {
    ({ values } = parseArgs({
      options: { ...options, help: { type: 'boolean', short: 'h' } },
    }));
  } catch (error) {
    throw new Problem(`${error.message}.`, `See "${command} --help".`);
  }
  if (values.help) {
    console.log(help);
    return undefined;
  }
  return values;
}
