import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './lib/paths.mjs';
import { main, Problem } from './lib/problem.mjs';
import { FOLDERS } from './lib/mutation/folders.mjs';
import { Judge } from './lib/mutation/Judge.mjs';
import { TestProcess } from './lib/mutation/TestProcess.mjs';
import { sourcesIn, testsFor, testsOf } from './lib/mutation/tests.mjs';

const { readSource } = createRequire(import.meta.url)(
  './lib/mutation/mutants.cjs',
);

/** How many faults of a folder are tried where nothing else is said. */
const SAMPLE = 60;

const help = `yarn mutate [--sample N] [--seed N] [--patience SECONDS] [PATH…]

Puts one small fault after the other into the code that judges and decides, and runs the tests that come to that place:
the quick ones first, then those that start a sandbox, a backend or a database, at most a minute for a fault. A fault
that no test notices, or that none comes to, survives. Prints the survivors and the share that was noticed, folder by
folder; fails where that is below the goal of the folder.

  PATH         only files whose path contains one of these
  --sample N   at most N faults of each folder, chosen by --seed; default ${SAMPLE}
  --seed N     default 1
  --patience SECONDS
               tests that take longer together are left out for a fault, the nearest come first; default 60
  --help       this text

Folders and goals
${FOLDERS.map(({ folder, goal }) => `  ${percent(goal)}  ${folder}`).join(
  '\n',
)}`;

/** Tests wait for sockets and timers much of their time. */
const PROCESSES = 2;

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

/** The same seed draws the same faults wherever else the code has changed. */
function drawn(all, count, seed) {
  const lot = ({ file, text, replacement }) =>
    createHash('sha1')
      .update([seed, relative(root, file), text, replacement].join('\n'))
      .digest('hex');
  return all
    .map(one => ({ one, lot: lot(one) }))
    .sort((a, b) => (a.lot < b.lot ? -1 : 1))
    .slice(0, count)
    .map(({ one }) => one);
}

function mutantsOf(file) {
  const source = readFileSync(file, 'utf8');
  const lines = source.split('\n');
  return readSource(source).mutants.map(mutant => ({
    ...mutant,
    file,
    text: lines[mutant.line - 1],
  }));
}

await main(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      sample: { type: 'string', default: String(SAMPLE) },
      seed: { type: 'string', default: '1' },
      patience: { type: 'string', default: '60' },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const wanted = file =>
    positionals.length === 0 ||
    positionals.some(part => relative(root, file).includes(part));
  const rows = FOLDERS.map(entry => {
    const all = sourcesIn(entry.folder).filter(wanted).flatMap(mutantsOf);
    const chosen = drawn(all, Number(values.sample), values.seed);
    return { ...entry, all, chosen, noticed: 0 };
  }).filter(({ chosen }) => chosen.length > 0);
  if (rows.length === 0) {
    throw new Problem(
      'No fault can be put into such a file',
      'Name a part of a path below one of the folders of --help',
    );
  }
  const known = new Map();
  const testsIn = folder => {
    const home = folder.split('/src/')[0];
    if (!known.has(home)) known.set(home, testsOf(folder));
    return known.get(home);
  };
  const pending = rows.flatMap(row =>
    row.chosen.map(mutant => ({
      mutant,
      row,
      tests: testsFor(mutant.file, row, testsIn(row.folder)),
    })),
  );
  const total = pending.length;
  let tried = 0;
  const judge = new Judge(1000 * values.patience);
  const folders = rows.map(({ folder }) => folder);
  await Promise.all(
    Array.from({ length: PROCESSES }, async () => {
      const tests = new TestProcess(folders);
      for (let next = pending.shift(); next; next = pending.shift()) {
        const verdict = await judge.verdict(tests, next);
        if (verdict === 'noticed') next.row.noticed += 1;
        else console.log(survivor(next.mutant, verdict));
        tried += 1;
        if (tried % 10 === 0) console.error(`${tried} of ${total} tried`);
      }
      tests.stop();
    }),
  );
  console.log(
    `\n${'folder'.padEnd(52)} faults  tried  noticed            goal`,
  );
  for (const { folder, goal, all, chosen, noticed } of rows) {
    console.log(
      [
        folder.padEnd(52),
        String(all.length).padStart(6),
        String(chosen.length).padStart(6),
        String(noticed).padStart(8),
        percent(noticed / chosen.length).padStart(8),
        percent(goal).padStart(7),
      ].join(' '),
    );
  }
  return rows.every(row => row.noticed >= row.goal * row.chosen.length) ? 0 : 1;
});

function survivor({ file, line, from, replacement }, verdict) {
  const place = `${relative(root, file)}:${line}`;
  return `${verdict} ${place}  ${from}  →  ${replacement.split('\n')[0]}`;
}
