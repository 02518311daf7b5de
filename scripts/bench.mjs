import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { withSection } from '../packages/trials/src/bench/lib/document.mjs';
import { command } from './lib/options.mjs';
import { said, wordsOf } from './lib/output.mjs';
import { awayFromAws, onToolchain } from './lib/environment.mjs';
import { root, testOutput } from './lib/paths.mjs';
import { nodeWithTypeScript } from './lib/portal.mjs';
import { Problem } from './lib/problem.mjs';
import { startPostgres } from './lib/postgres.mjs';
import { lastLines, run } from './lib/run.mjs';
import { setUp } from './lib/setup.mjs';

const help = `yarn bench [NAME…] [--write]

Runs packages/trials/src/bench/*.bench.{mjs,ts}, one after the other, or only those whose name contains a NAME. Standard output is
one JSON line per figure: {"name","value","unit"}, with a goal also {"goal","reached"}. Everything else goes to standard
error. Fails where a figure misses its goal. Benchmarks that need PostgreSQL find one in EKS_POD_IDENTITY_TEST_POSTGRES.

  --write   puts the sections that the benchmarks have for docs/performance.md there`;

const page = join(root, 'docs/performance.md');

const takes = { options: { write: { type: 'boolean' } }, words: true };

await command(
  'yarn bench',
  help,
  takes,
  async ({ names: wanted, ...options }) => {
    // Standard output belongs to the figures
    console.log = console.error;
    await setUp();
    const folder = join(root, 'packages/trials/src/bench');
    const files = readdirSync(folder)
      .filter(name => /\.bench\.(mjs|ts)$/.test(name))
      .filter(
        name => wanted.length === 0 || wanted.some(part => name.includes(part)),
      );
    if (files.length === 0) {
      throw new Problem(
        `No benchmark is called "${wanted.join('", "')}".`,
        `There are: ${readdirSync(folder).join(', ')}.`,
      );
    }
    const postgres = await startPostgres();
    const failed = [];
    const missed = [];
    for (const file of files) {
      const conditions = describeConditions();
      console.error(`# ${file} ${conditions}`);
      const { ok, figures, sections } = await bench(
        join(folder, file),
        postgres.env,
      );
      missed.push(...figures.filter(({ reached }) => reached === false));
      if (!ok) {
        failed.push(file);
      } else if (options.write) {
        const command = `yarn bench ${file.split('.')[0]} --write`;
        await write(sections, `_Measured by \`${command}\` ${conditions}._`);
      }
    }
    await postgres.stop();
    if (failed.length > 0) {
      throw new Problem(
        `These benchmarks failed: ${failed.join(', ')}.`,
        'Read what each says above.',
      );
    }
    if (missed.length > 0) {
      throw new Problem(
        'These figures miss their goals.',
        'Measure again on a quiet machine, or find out why.',
        missed.map(
          ({ name, value, unit, goal }) =>
            `${name}: ${value} ${unit}, goal ${wordsOf(goal)}`,
        ),
      );
    }
  },
);

async function bench(path, env) {
  const [node, ...args] = nodeWithTypeScript;
  const figures = [];
  const sections = [];
  const { code, output } = await run(node, [...args, path], {
    env: { ...awayFromAws(onToolchain(), testOutput), ...env },
    onLine: line => {
      const one = said(line);
      if (typeof one.name === 'string' && 'value' in one) {
        figures.push(one);
        process.stdout.write(`${line}\n`);
      } else if (typeof one.section === 'string') {
        sections.push(one);
        console.error(one.markdown);
      } else {
        console.error(line);
      }
    },
  });
  if (code !== 0) {
    console.error(lastLines(output, 5).join('\n'));
  }
  return { ok: code === 0, figures, sections };
}

/** Taken before a benchmark starts: its own work would be in the load average. */
function describeConditions() {
  const day = new Date().toISOString().slice(0, 10);
  const load = loadavg()[0].toFixed(1);
  return `on ${day}, ${availableParallelism()} processors, Node.js ${
    process.version
  }; load average before ${load}`;
}

async function write(sections, measured) {
  for (const { section, markdown } of sections) {
    const text = readFileSync(page, 'utf8');
    const body = `${markdown}\n\n${measured}`;
    writeFileSync(page, withSection(text, section, body));
  }
  await run('prettier', ['--write', page], { env: onToolchain() });
}
