import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { missingOf } from './tools.mjs';

/**
 * Which of these test files can run with the tools that were found, and which are left out and why. A file names the
 * programs it needs in its first comment: `@needs aws kubectl`.
 *
 * @param {string[]} files - relative to the root
 * @returns {{ able: string[], leftOut: { file: string, why: string }[] }}
 */
export function sortByNeeds(files, tools) {
  const all = files.map(file => ({
    file,
    why: missingOf(needsOf(file), tools),
  }));
  return {
    able: all.filter(({ why }) => !why).map(({ file }) => file),
    leftOut: all.filter(({ why }) => why),
  };
}

export function needsOf(file) {
  const source = readFileSync(join(root, file), 'utf8');
  const line = /^\/\*\*[^/]*?@needs ([\w ]+)/.exec(source);
  return line ? line[1].trim().split(/\s+/) : [];
}

/**
 * Whether a run of all tests in the time of CI leaves this file out. It says so, with the reason, in its first comment:
 * `@night quicker tests that try the same`.
 *
 * @param {string} file - relative to the root
 */
export const isForTheNight = file =>
  /^\/\*\*(?:(?!\*\/)[^])*?@night \S/.test(
    readFileSync(join(root, file), 'utf8'),
  );
