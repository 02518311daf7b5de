import { resolve } from 'node:path';

/**
 * Lets the process run from another directory, keeping the meaning of relative `--config` arguments.
 *
 * app-config names files relative to where the process runs, and this one is started from the repository as well as
 * from its own package.
 */
export function runFrom(directory: string, argv: string[] = process.argv) {
  argv.forEach((argument, index) => {
    if (argv[index - 1] === '--config' && !/^https?:/.test(argument)) {
      argv[index] = resolve(argument);
    }
  });
  process.chdir(directory);
}
