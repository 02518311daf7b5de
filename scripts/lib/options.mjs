import { parseArgs } from 'node:util';
import { main, Problem } from './problem.mjs';

/**
 * A command of a person: reads its options, as `parseArgs` of Node.js describes them, and does its work with their values
 * and the words beside them, under `names`. `--help` prints the help and does nothing; a wrong option is a `Problem`.
 *
 * @param {string} name - as a person types it
 * @param {string} help
 * @param {{ options?: object, words?: boolean, args?: string[] }} takes - `words`: it takes words beside its options
 * @param {(values: object) => Promise<number | void>} work - answers the exit code; nothing is 0
 */
export const command = (name, help, { options, words, args }, work) =>
  main(async () => {
    let read;
    try {
      read = parseArgs({
        options: { ...options, help: { type: 'boolean', short: 'h' } },
        allowPositionals: words,
        args,
      });
    } catch (error) {
      throw new Problem(`${error.message}.`, `See "${name} --help".`);
    }
    const { values, positionals } = read;
    return values.help
      ? console.log(help)
      : work({ ...values, names: positionals });
  });
