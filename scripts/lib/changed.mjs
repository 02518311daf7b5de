import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { root } from './paths.mjs';
import { Problem } from './problem.mjs';
import { lastLines, literally, run } from './run.mjs';
import { filesLike } from './workspaces.mjs';

/**
 * What differs from where this branch left `main`: committed, not yet committed, not yet added.
 *
 * @returns {Promise<{ base: string, files: string[] }>} the commit compared with; paths relative to the root, those of
 *   deleted files too
 */
export async function findChanges(env) {
  const git = async (...args) => {
    const { code, stdout, output } = await run('git', args, { env });
    return code === 0
      ? { lines: stdout.split('\0').join('\n').split('\n').filter(Boolean) }
      : { problem: lastLines(output, 3) };
  };
  let problem;
  for (const main of ['main', 'origin/main']) {
    const found = await git('merge-base', 'HEAD', main);
    if (found.lines) {
      const [base] = found.lines;
      const lists = await Promise.all([
        git('diff', '--name-only', '--no-renames', '-z', base),
        git('ls-files', '--others', '--exclude-standard', '-z'),
      ]);
      const files = [...new Set(lists.flatMap(({ lines = [] }) => lines))];
      return { base, files: files.sort() };
    }
    problem ??= found.problem;
  }
  throw new Problem(
    '"--changed" compares with the branch main, and git does not find it.',
    'Fetch main ("git fetch origin main:main"), or name stages instead.',
    problem,
  );
}

export const stillThere = files =>
  files.filter(file => existsSync(join(root, file)));

const source = /^(packages|plugins)\/[^/]+\/src\/.*\.tsx?$/;

/** After a change of one of these any test may end otherwise. */
const touchesAll =
  /^(yarn\.lock|\.yarnrc\.yml|package\.json|tsconfig\.json|scripts\/jest\/.*|(packages|plugins)\/[^/]+\/package\.json)$/;

/** Migrations, for example, which are named by their folder. */
const inFolderOfPackage = /^(packages|plugins)\/[^/]+\/.+\//;

/**
 * The sources whose tests a change touches: what changed itself, and, for what is no source (a page of the documentation,
 * a migration, a template), those that name it or its folder. `undefined`: all of them.
 */
export function touchedSources(files) {
  if (files.some(file => touchesAll.test(file))) {
    return undefined;
  }
  const others = files.filter(file => !source.test(file));
  const names = others.flatMap(file =>
    inFolderOfPackage.test(file)
      ? [basename(file), basename(dirname(file))]
      : [basename(file)],
  );
  const word = new RegExp(
    `['"\`/](${[...new Set(names)].map(literally).join('|')})['"\`/]`,
  );
  const naming =
    names.length === 0
      ? []
      : filesLike(source).filter(file =>
          word.test(readFileSync(join(root, file), 'utf8')),
        );
  return [
    ...new Set([...files.filter(file => source.test(file)), ...naming]),
  ].sort();
}
