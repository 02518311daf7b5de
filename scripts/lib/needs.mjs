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
