/** What a benchmark says, a line of JSON each. `yarn bench` and `npm run trials` read them. */
const say = line => console.log(JSON.stringify(line));

/**
 * What a figure has to be; the one place of a goal is where its figure is measured.
 *
 * @typedef {{ most: number } | { below: number } | { least: number }} Goal
 */

const GOALS = {
  most: { sign: '≤', holds: (value, bound) => value <= bound },
  below: { sign: '<', holds: (value, bound) => value < bound },
  least: { sign: '≥', holds: (value, bound) => value >= bound },
};

/** @param {Goal} goal */
export function wordsOf(goal) {
  const [[kind, bound]] = Object.entries(goal);
  return `${GOALS[kind].sign} ${bound}`;
}

/**
 * One figure. Whether it reaches its goal is judged before it is rounded.
 *
 * @param {string} name
 * @param {number} value
 * @param {string} unit
 * @param {Goal} [goal]
 * @returns {boolean | undefined} whether it was reached
 */
export function figure(name, value, unit, goal) {
  const [[kind, bound] = []] = Object.entries(goal ?? {});
  const reached = kind && GOALS[kind].holds(value, bound);
  say({ name, value: Number(value.toFixed(2)), unit, goal, reached });
  return reached;
}

/**
 * What a line of output says; nothing where it is no line of these.
 *
 * @param {string} line
 */
export function said(line) {
  try {
    return JSON.parse(line) ?? {};
  } catch {
    return {};
  }
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
 * A table in Markdown.
 *
 * @param {string[]} head
 * @param {(string | number)[][]} rows
 */
export function table(head, rows) {
  const line = cells => `| ${cells.join(' | ')} |`;
  return [head, head.map(() => '---'), ...rows].map(line).join('\n');
}
