import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../paths.mjs';
import { Problem } from '../problem.mjs';

/**
 * The code blocks directly below a heading of a Markdown file, in their order.
 *
 * @param {string} file - relative to the root
 * @param {string} heading - its text
 * @returns {{ language: string, text: string, target: string }[]} `target` is the first line if it is a comment: the
 *   file that the block is for, and where in it
 */
export function blocksBelow(file, heading) {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  const blocks = [];
  let here = false;
  let open;
  for (const line of lines) {
    const fence = /^( *)```(\w*)$/.exec(line);
    if (open && fence?.[1] === open.indent) {
      if (here) {
        blocks.push(finished(open));
      }
      open = undefined;
    } else if (open) {
      open.lines.push(line.slice(open.indent.length));
    } else if (fence) {
      open = { indent: fence[1], language: fence[2], lines: [] };
    } else if (/^#+ /.test(line)) {
      here = line.replace(/^#+ /, '') === heading;
    }
  }
  if (blocks.length === 0) {
    throw new Problem(
      `${file} has no code below the heading "${heading}".`,
      'Give it back what an adopter has to do there, or have scripts/adopt look where it went.',
    );
  }
  return blocks;
}

function finished({ language, lines }) {
  const [, target = ''] = /^(?:#|\/\/) (.+)$/.exec(lines[0]) ?? [];
  return { language, target, text: `${lines.join('\n')}\n` };
}
