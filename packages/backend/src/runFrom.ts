import { resolve } from 'node:path';

/**
 * Changes the working directory, keeping the meaning of relative `--config` arguments.
 *
 * app-config names files relative to the working directory, and this process is started both from the repository and
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
