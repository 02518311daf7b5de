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
  const able = [];
  const leftOut = [];
  for (const file of files) {
    const why = missingOf(needsOf(file), tools);
    if (why) {
      leftOut.push({ file, why });
    } else {
      able.push(file);
    }
  }
  return { able, leftOut };
}

export function needsOf(file) {
  const source = readFileSync(join(root, file), 'utf8');
  const line = /^\/\*\*[^/]*?@needs ([\w ]+)/.exec(source);
  return line ? line[1].trim().split(/\s+/) : [];
}
