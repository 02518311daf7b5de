import { mkdirSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { readJson, writeJson } from '../json.mjs';
import { said, table, wordsOf } from '../output.mjs';
import { root } from '../paths.mjs';
import { Problem } from '../problem.mjs';
import { formatSeconds } from '../progress.mjs';
import { lastLines, run } from '../run.mjs';

/** Twice what a part may take on a quiet machine. */
const MOST_MS = 60 * 60_000;

/** The parts that are named, each by its own name or, where none has just that, by the first word of several: `mutate`. */
export function chosen(all, words) {
  const named = word => name =>
    all.includes(word) ? name === word : name.startsWith(`${word}-`);
  const unknown = words.filter(word => !all.some(named(word)));
  if (unknown.length > 0) {
    throw new Problem(
      `No part is called "${unknown.join('", "')}".`,
      `The parts are ${all.join(', ')}.`,
    );
  }
  return words.length === 0
    ? all
    : all.filter(name => words.some(word => named(word)(name)));
}

/** The commit that is checked out in a folder, and whether something there differs from it. */
export async function commitOf(folder = root) {
  const git = async (...args) => {
    const { code, stdout, output } = await run('git', args, { cwd: folder });
    if (code !== 0) {
      throw new Problem(
        'A result is kept with the commit of which it is, and git knows none here.',
        'Run the trials in a clone.',
        lastLines(output, 3),
      );
    }
    return stdout.trim();
  };
  return {
    commit: await git('rev-parse', 'HEAD'),
    dirty: (await git('status', '--porcelain')) !== '',
  };
}

const fileOf = (folder, name) => join(folder, `${name}.json`);

/** What is kept of a part; undefined where it never ran to its end. */
function kept(folder, name) {
  try {
    return readJson(fileOf(folder, name));
  } catch (error) {
    if (error.code !== 'ENOENT') {
      throw error;
    }
    return undefined;
  }
}

/** Whether a result is of this very commit, with nothing changed since. */
const isOf = (result, { commit, dirty }) =>
  result?.commit === commit && !result.dirty && !dirty;

/** Runs one part and keeps what came of it. */
async function runPart(name, part, { folder, at, env, mostMs }) {
  const { command, row } = part;
  const before = await at();
  const date = new Date().toISOString();
  const load = Number(loadavg()[0].toFixed(1));
  const start = performance.now();
  const { code, stdout, output, timedOut } = await run('node', command, {
    env: { ...env, ...part.env },
    log: join(folder, `${name}.log`),
    timeoutMs: mostMs,
  });
  const seconds = Math.round((performance.now() - start) / 1000);
  const figures = stdout
    .split('\n')
    .map(line => row?.(line) ?? said(line))
    .filter(({ goal }) => goal);
  const after = await at();
  const problem = problemOf({ code, timedOut, figures, mostMs });
  const result = {
    part: name,
    date,
    commit: before.commit,
    dirty: before.dirty || after.dirty || before.commit !== after.commit,
    load,
    seconds,
    figures,
    passed: !problem && figures.every(({ reached }) => reached === true),
    problem,
  };
  writeJson(fileOf(folder, name), result);
  const verdict = result.passed ? 'ok' : 'FAILED';
  console.log(
    `${verdict.padEnd(7)}${name.padEnd(20)}${formatSeconds(seconds)}`,
  );
  if (!result.passed) {
    console.log(
      lastLines(output)
        .map(line => `  | ${line}`)
        .join('\n'),
    );
  }
}

function problemOf({ code, timedOut, figures, mostMs }) {
  if (timedOut) {
    return `was ended after ${formatSeconds(mostMs / 1000)}`;
  }
  if (figures.length === 0) {
    return `named no figure with a goal (exit code ${code})`;
  }
  // A figure that misses its goal says enough
  return code !== 0 && figures.every(({ reached }) => reached)
    ? `ended with exit code ${code}`
    : undefined;
}

/**
 * Runs parts one after the other and keeps the result of each.
 *
 * @param {Record<string, import('./parts.mjs').Part>} parts
 * @param {object} options
 * @param {string} options.folder - of the results
 * @param {() => Promise<{ commit: string, dirty: boolean }>} options.at - what is checked out
 * @param {boolean} [options.resume] - leaves out what has a result of this very commit
 * @param {NodeJS.ProcessEnv} options.env
 * @param {number} [options.mostMs] - then a part is ended
 */
export async function runTrials(
  parts,
  { resume, mostMs = MOST_MS, ...options },
) {
  const { folder, at } = options;
  mkdirSync(folder, { recursive: true });
  for (const [name, part] of Object.entries(parts)) {
    if (resume && isOf(kept(folder, name), await at())) {
      console.log(`kept   ${name}`);
    } else {
      await runPart(name, part, { ...options, mostMs });
    }
  }
}

/** The table of what is kept of these parts, in Markdown, and whether all of them have passed. */
export function tableOf(names, folder) {
  const results = names.map(name => ({ name, result: kept(folder, name) }));
  const rows = results.flatMap(({ name, result }) => rowsOf(name, result));
  const good = results.filter(({ result }) => result?.passed).length;
  return {
    text: [
      aligned([['part', 'figure', '', 'goal', 'passed', 'measured'], ...rows]),
      '',
      `${good} of ${names.length} parts passed`,
    ].join('\n'),
    passed: good === names.length,
  };
}

function rowsOf(name, result) {
  if (!result) {
    return [[name, 'not run', '', '', 'no', '']];
  }
  const { date, commit, dirty, seconds, load, figures, problem } = result;
  const measured = `${date.slice(0, 10)} ${commit.slice(0, 8)}${
    dirty ? ' with changes' : ''
  }, ${formatSeconds(seconds)}, load ${load}`;
  return [
    ...figures.map(({ name: what, value, unit, goal, reached }) => [
      name,
      what,
      `${value} ${unit}`.trim(),
      wordsOf(goal),
      reached ? 'yes' : 'no',
      measured,
    ]),
    ...(problem ? [[name, problem, '', '', 'no', measured]] : []),
  ];
}

function aligned(rows) {
  const widths = rows[0].map((_, at) =>
    Math.max(...rows.map(cells => cells[at].length)),
  );
  const [head, ...rest] = rows.map(cells =>
    cells.map((cell, at) => cell.padEnd(widths[at])),
  );
  return table(head, rest);
}
