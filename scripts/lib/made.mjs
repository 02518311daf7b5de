import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './paths.mjs';

/**
 * Writes files that are made from the code; with `--check` it only says which differ, and the program ends with 1.
 *
 * @param {Record<string, string>} files - text by path
 * @param {string} command - that writes them
 */
export function writeOrCheck(files, command) {
  for (const [path, text] of Object.entries(files)) {
    const file = join(root, path);
    if (!process.argv.includes('--check')) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    } else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
      console.log(
        `${path} is not what the code says: run "${command}" and commit it.`,
      );
      process.exitCode = 1;
    }
  }
}
