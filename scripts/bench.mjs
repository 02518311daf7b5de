import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { awayFromAws, onToolchain } from './lib/environment.mjs';
import { root, testOutput } from './lib/paths.mjs';
import { nodeWithTypeScript } from './lib/portal.mjs';
import { main, Problem } from './lib/problem.mjs';
import { startPostgres } from './lib/postgres.mjs';
import { lastLines, run } from './lib/run.mjs';
import { setUp } from './lib/setup.mjs';

const help = `yarn bench [NAME…]

Runs scripts/bench/*.bench.{mjs,ts}, one after the other, or only those whose name contains a NAME. Standard output is
one JSON line per figure: {"name","value","unit"}. Everything else goes to standard error. Benchmarks that need
PostgreSQL find one in EKS_POD_IDENTITY_TEST_POSTGRES.`;

await main(async () => {
  const wanted = process.argv.slice(2);
  if (wanted.includes('--help') || wanted.includes('-h')) {
    console.log(help);
    return 0;
  }
  // Standard output belongs to the figures
  console.log = console.error;
  await setUp();
  const folder = join(root, 'scripts/bench');
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
  for (const file of files) {
    console.error(`# ${file}`);
    if (!(await bench(join(folder, file), postgres.env))) {
      failed.push(file);
    }
  }
  await postgres.stop();
  if (failed.length > 0) {
    throw new Problem(
      `These benchmarks failed: ${failed.join(', ')}.`,
      'Read what each says above.',
    );
  }
  return 0;
});

async function bench(path, env) {
  const [node, ...args] = nodeWithTypeScript;
  const { code, output } = await run(node, [...args, path], {
    env: { ...awayFromAws(onToolchain(), testOutput), ...env },
    onLine: line => {
      const figure = parseFigure(line);
      if (figure) {
        process.stdout.write(`${JSON.stringify(figure)}\n`);
      } else {
        console.error(line);
      }
    },
  });
  if (code !== 0) {
    console.error(lastLines(output, 5).join('\n'));
  }
  return code === 0;
}

function parseFigure(line) {
  try {
    const { name, value, unit } = JSON.parse(line);
    return typeof name === 'string' && typeof value === 'number'
      ? { name, value, unit }
      : undefined;
  } catch {
    return undefined;
  }
}
