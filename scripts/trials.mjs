import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { onToolchain } from './lib/environment.mjs';
import { root } from './lib/paths.mjs';
import { main, Problem } from './lib/problem.mjs';
import { setUp } from './lib/setup.mjs';
import { parts } from './lib/trials/parts.mjs';
import { chosen, commitOf, runTrials, tableOf } from './lib/trials/trials.mjs';

const help = `npm run trials [-- [--resume] [--table] [PART…]]

Runs the trials that are too long for "npm test", one after the other, each at most 30 minutes on a quiet machine, and
prints one table of their figures, goals and what was reached. Exits 1 where one falls short or has no result.
Results are kept in .cache/trials, with date, commit and the output of each.

  PART      only these; "mutate" is every mutate-…
  --resume  leaves out the parts that have a result of this very commit, with nothing changed since
  --table   runs nothing and prints the table of what is kept
  --list    the names of the parts, as JSON

Parts: ${Object.keys(parts).join(' ')}`;

function optionsOf() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        list: { type: 'boolean' },
        resume: { type: 'boolean' },
        table: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new Problem(`${error.message}.`, 'See "npm run trials -- --help".');
  }
}

await main(async () => {
  const { values, positionals } = optionsOf();
  const names = chosen(Object.keys(parts), positionals);
  if (values.help || values.list) {
    console.log(values.help ? help : JSON.stringify(names));
    return 0;
  }
  const folder = join(root, '.cache/trials');
  if (!values.table) {
    await setUp();
    await runTrials(
      Object.fromEntries(names.map(name => [name, parts[name]])),
      {
        folder,
        at: commitOf,
        resume: values.resume,
        env: onToolchain(),
      },
    );
    console.log('');
  }
  const { text, passed } = tableOf(names, folder);
  console.log(text);
  return passed ? 0 : 1;
});
