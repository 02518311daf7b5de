/** What a benchmark says, a line of JSON each. `yarn bench` (scripts/bench.mjs) reads them. */
const say = line => console.log(JSON.stringify(line));

/**
 * One figure.
 *
 * @param {string} name
 * @param {number} value
 * @param {string} unit
 */
export function figure(name, value, unit) {
  say({ name, value: Number(value.toFixed(2)), unit });
}

/**
 * The section of docs/performance.md between the markers of this name. `yarn bench --write` puts it there, with a line
 * that says when and on what machine it was measured; without `--write` it is only printed.
 *
 * @param {string} name
 * @param {string[]} blocks - Markdown: paragraphs and tables, in order
 */
export function section(name, blocks) {
  say({ section: name, markdown: blocks.join('\n\n') });
}

/**
 * A picture that a section shows; `--write` puts it into docs/images.
 *
 * @param {string} name - of the file
 * @param {string} content
 */
export function picture(name, content) {
  say({ picture: name, content });
}

/**
 * A table in Markdown.
 *
 * @param {string[]} head
 * @param {(string | number)[][]} rows
 */
export function table(head, rows) {
  const line = cells => `| ${cells.join(' | ')} |`;
  return [head, head.map(() => '---'), ...rows].map(line).join('\n');
}
