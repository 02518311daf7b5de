import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { readJson } from './lib/json.mjs';
import { command } from './lib/options.mjs';
import { figure } from './lib/output.mjs';
import { root } from './lib/paths.mjs';
import { Problem } from './lib/problem.mjs';
import { Judge } from './lib/mutation/Judge.mjs';
import { TestProcess } from './lib/mutation/TestProcess.mjs';
import { sourcesIn, testsFor, testsOf } from './lib/mutation/tests.mjs';

const { readSource } = createRequire(import.meta.url)(
  './lib/mutation/mutants.cjs',
);

/**
 * Which share of the faults of a folder its tests have to notice. `slow`: what the quick tests of a file do not notice
 * is shown to those that start servers, too; elsewhere these count only for a file without a quick test. Checks of a
 * verification are quick to test, what collects their facts is tested with servers.
 */
const FOLDERS = readJson(join(root, 'scripts/lib/mutation/folders.json'));

/** How many faults of a folder are tried where nothing else is said. */
const SAMPLE = 60;

const help = `yarn mutate [--sample N] [--seed N] [--patience SECONDS] [PATH…]

Puts one small fault after the other into the code that judges and decides, and runs the tests that come to that place:
the quick ones first, then those that start a sandbox, a backend or a database, at most a minute and a half for a
fault. A fault that no test notices, or that none comes to, survives. Prints the survivors and the share that was
noticed, folder by folder; fails where that is below the goal of the folder.

  PATH         only files whose path contains one of these
  --sample N   at most N faults of each folder, chosen by --seed; default ${SAMPLE}
  --seed N     default 1
  --patience SECONDS
               tests that take longer together are left out for a fault, the nearest come first; default 90
  --help       this text

Folders and goals
${FOLDERS.map(({ folder, goal }) => `  ${100 * goal} %  ${folder}`).join(
  '\n',
)}`;

/** Tests wait for sockets and timers much of their time. */
const PROCESSES = 2;

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

const options = {
  sample: { type: 'string', default: String(SAMPLE) },
  seed: { type: 'string', default: '1' },
  patience: { type: 'string', default: '90' },
};

await command('yarn mutate', help, { options, words: true }, async given => {
  const { names, sample, seed, patience } = given;
  const wanted = file =>
    names.length === 0 ||
    names.some(part => relative(root, file).includes(part));
  const rows = FOLDERS.map(entry => {
    const all = sourcesIn(entry.folder).filter(wanted).flatMap(mutantsOf);
    const chosen = drawn(all, Number(sample), seed);
    return { ...entry, all, chosen, noticed: 0 };
  }).filter(({ chosen }) => chosen.length > 0);
  if (rows.length === 0) {
    throw new Problem(
      'No fault can be put into such a file',
      'Name a part of a path below one of the folders of --help',
    );
  }
  const pending = rows.flatMap(row =>
    row.chosen.map(mutant => ({
      mutant,
      row,
      tests: testsFor(mutant.file, row, testsOf(row.folder)),
    })),
  );
  const total = pending.length;
  let tried = 0;
  const judge = new Judge(1000 * patience);
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
  const reached = rows.map(({ folder, goal, all, chosen, noticed }) => {
    const what = `${folder}: noticed of ${chosen.length} faults (of ${all.length})`;
    const share = (100 * noticed) / chosen.length;
    return figure(what, share, '%', { least: 100 * goal });
  });
  return reached.every(Boolean) ? 0 : 1;
});

function survivor({ file, line, from, replacement }, verdict) {
  const place = `${relative(root, file)}:${line}`;
  return `${verdict} ${place}  ${from}  →  ${replacement.split('\n')[0]}`;
}
