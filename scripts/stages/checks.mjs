import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stillThere } from '../lib/changed.mjs';
import { roomCircles } from '../lib/circles.mjs';
import { readJson } from '../lib/json.mjs';
import { root, testOutput } from '../lib/paths.mjs';
import { add, failed, passed, untouched } from '../lib/report.mjs';
import { lastLines, plain, run } from '../lib/run.mjs';
import { lockedVersions, published, workspaces } from '../lib/workspaces.mjs';

/** A stage that is one program: it passes when the program ends with code 0. */
function program(name, command, args, remedy) {
  return async ({ env }) => {
    const log = join(testOutput, `${name}.log`);
    const { code, output } = await run(command, args, { env, log });
    if (code === 0) return passed();
    const whole = `${remedy} (the whole output: ${relative(root, log)})`;
    return failed(name, [...lastLines(output, 50), whole].join('\n'));
  };
}

const compile = program(
  'types',
  'yarn',
  ['tsc', '-p', 'tsconfig.json', '--pretty', 'false'],
  'Fix the types.',
);

/** From nothing: the order in which declarations name the members of a union depends on what was compiled before. */
export async function types(context) {
  rmSync(join(root, 'dist-types'), { recursive: true, force: true });
  return compile(context);
}

/** The program over the whole repository or, with `--changed`, a program over those files that it reads. */
function onFiles(name, { all, some, reads, remedy }) {
  return async context => {
    if (!context.changed) {
      return program(name, ...all, remedy)(context);
    }
    const files = stillThere(context.changed.files).filter(reads);
    if (files.length === 0) {
      return untouched;
    }
    const [command, args] = some;
    return program(name, command, [...args, ...files], remedy)(context);
  };
}

const eslint = onFiles('lint', {
  all: [
    'backstage-cli',
    ['repo', 'lint', '--max-warnings', '0', '--format', 'unix'],
  ],
  some: ['eslint', ['--max-warnings', '0', '--format', 'unix']],
  reads: file =>
    /^(packages|plugins)\/(.*\/)?\w[^/]*\.[cm]?[jt]sx?$/.test(file),
  remedy: 'Fix what it names, or try "yarn lint --fix".',
});

/** ESLint, and what it cannot see: rooms that import each other in a circle. */
export async function lint(context) {
  const outcome = await eslint(context);
  return roomCircles().reduce(
    (all, text) => add(all, 'failed', { name: 'circle of rooms', text }),
    structuredClone(outcome),
  );
}

export const prettier = onFiles('prettier', {
  all: ['prettier', ['--check', '--loglevel', 'warn', '.']],
  some: ['prettier', ['--check', '--loglevel', 'warn', '--ignore-unknown']],
  reads: () => true,
  remedy: 'Run "yarn prettier --write" on the files it names.',
});

/** Files, exports and dependencies that nothing uses, and dependencies that no package.json names. See knip.jsonc. */
export const knip = program(
  'knip',
  'knip',
  ['--no-progress', '--no-config-hints'],
  'Remove what nothing uses ("yarn knip --fix --fix-type exports,types" does most of it). What is used in a way that knip cannot see goes into knip.jsonc, with the reason.',
);

export const repoFix = program(
  'repo-fix',
  'backstage-cli',
  ['repo', 'fix', '--publish', '--check'],
  'Run "yarn fix" and commit what it changes.',
);

export const metadata = program(
  'metadata',
  'node',
  [join(root, 'scripts/metadata.mjs')],
  'Fix what it names.',
);

/** Every configuration that the repository ships must fit the schemas of the packages that read it. */
export async function config({ env }) {
  const files = readdirSync(root)
    .filter(name => /^app-config(\.\w+)?\.yaml$/.test(name))
    .filter(name => !name.includes('.local.'));
  if (files.length === 0) {
    return failed('config', 'There is no app-config.yaml.');
  }
  const problems = [];
  for (const file of files) {
    const { code, output } = await run(
      'backstage-cli',
      ['config:check', '--lax', '--strict', '--config', file],
      { env, log: join(testOutput, `config-${file}.log`) },
    );
    if (code !== 0) {
      problems.push(`${file}:\n${lastLines(output, 20).join('\n')}`);
    }
  }
  return problems.length === 0
    ? passed(files.join(', '))
    : failed('config', problems.join('\n'));
}

/** Public APIs and database tables of every publishable package are written down and have not changed unnoticed. Needs `types` first. */
export async function apiReports({ env }) {
  const folders = published()
    // The repository's tools write no such report of a program
    .filter(({ manifest }) => manifest.backstage.role !== 'cli')
    .map(({ folder }) => folder);
  const { code, output } = await run('yarn', ['api-reports:only', '--ci'], {
    env,
    log: join(testOutput, 'api-reports.log'),
  });
  const has = (folder, name) => existsSync(join(root, folder, name));
  const missing = folders.flatMap(folder =>
    ['report.api.md', ...(has(folder, 'migrations') ? ['report.sql.md'] : [])]
      .filter(name => !has(folder, name))
      .map(name => `${folder}/${name}`),
  );
  if (code === 0 && missing.length === 0) {
    return passed(`${folders.length} packages`);
  }
  const without = missing.map(file => `${file} is missing.`);
  return failed(
    'api-reports',
    [
      ...lastLines(output, 40),
      ...without,
      'Run "yarn api-reports", read the difference and commit it.',
    ].join('\n'),
  );
}

/**
 * Framework packages that must exist once: with two copies contexts and extension points silently do not meet. And copies
 * that are known and harmless: they serve tests only. The newest published test packages still belong to an older
 * Backstage release than the rest.
 */
const { singletons, knownDuplicates } = readJson(
  join(root, 'scripts/stages/duplicates.json'),
);

export async function dedupe({ env }) {
  const { code, output } = await run('yarn', ['dedupe', '--check'], {
    env,
    log: join(testOutput, 'dedupe.log'),
  });
  const problems =
    code === 0
      ? []
      : [...lastLines(output, 20), 'Run "yarn dedupe" and commit yarn.lock.'];
  const known = [];
  const twice = [...lockedVersions()].filter(([, found]) => found.size > 1);
  for (const [name, found] of twice) {
    const list = `${name}: ${[...found].sort().join(', ')}`;
    if (singletons.includes(name)) {
      problems.push(
        `More than one version of ${list}. Align the ranges, or add a resolution.`,
      );
    } else if (name.startsWith('@backstage/') && !(name in knownDuplicates)) {
      problems.push(
        `A new duplicate of a framework package, ${list}. Align the ranges; only copies that serve tests may be added to knownDuplicates of scripts/stages/duplicates.json.`,
      );
    } else if (name in knownDuplicates) {
      known.push(`${list} (${knownDuplicates[name]})`);
    }
  }
  problems.push(...nestedSingletons());
  return problems.length === 0
    ? passed(
        known.length > 0 ? `known, for tests only: ${known.join('; ')}` : '',
      )
    : failed('dedupe', plain(problems.join('\n')));
}

/** The lockfile may hold one version and the installation still two copies of it: look at what is really there. */
function nestedSingletons() {
  return workspaces()
    .flatMap(({ folder }) =>
      singletons.map(name => [name, `${folder}/node_modules/${name}`]),
    )
    .filter(([, path]) => existsSync(join(root, path)))
    .map(([name, path]) => `A second copy of ${name} lies in ${path}.`);
}
