import { join } from 'node:path';
import { onToolchain } from './lib/environment.mjs';
import { command } from './lib/options.mjs';
import { root } from './lib/paths.mjs';
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

const takes = {
  options: {
    list: { type: 'boolean' },
    resume: { type: 'boolean' },
    table: { type: 'boolean' },
  },
  words: true,
};

await command('npm run trials --', help, takes, async options => {
  const names = chosen(Object.keys(parts), options.names);
  if (options.list) {
    console.log(JSON.stringify(names));
    return 0;
  }
  const folder = join(root, '.cache/trials');
  if (!options.table) {
    await setUp();
    await runTrials(
      Object.fromEntries(names.map(name => [name, parts[name]])),
      {
        folder,
        at: commitOf,
        resume: options.resume,
        env: onToolchain(),
      },
    );
    console.log('');
  }
  const { text, passed } = tableOf(names, folder);
  console.log(text);
  return passed ? 0 : 1;
});
