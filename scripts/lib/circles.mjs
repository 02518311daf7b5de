import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { root } from './paths.mjs';
import { filesBelow, workspaces } from './workspaces.mjs';

/**
 * Import circles between sibling folders of each workspace's `src`: for any two folders beside each other, all that
 * one holds may import from the other, or the other way round, but not both, directly or through further siblings.
 * ESLint's `import/no-cycle` sees circles of files only. Test files and what they share are left out.
 *
 * @returns one sentence a circle, with an import for each of its steps
 */
export function folderCircles() {
  return workspaces().flatMap(({ folder }) => {
    const files = filesBelow(`${folder}/src`).filter(isProduct);
    const known = new Set(files);
    return circlesAmong(
      `${folder}/src`,
      files.flatMap(file =>
        importsOf(file, known).map(target => ({ file, target })),
      ),
    );
  });
}

/** The same for given imports: paths of files below `source`. */
export function circlesAmong(source, imports) {
  /** parent folder → folder → sibling → the import that leads there */
  const graphs = new Map();
  for (const { file, target } of imports) {
    const step = siblingsOf(source, file, target);
    if (!step) continue;
    const graph = entry(graphs, step.parent, () => new Map());
    const from = entry(graph, step.from, () => new Map());
    entry(from, step.to, () => `${file} imports ${target}`);
  }
  return [...graphs].flatMap(([parent, graph]) =>
    circles(graph).map(
      names =>
        `The folders of ${parent} import each other in a circle: ${steps(
          graph,
          names,
        ).join('; ')}`,
    ),
  );
}

function isProduct(file) {
  return (
    /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file) && !/__\w+__/.test(file)
  );
}

/**
 * The two folders beside each other that an import connects; undefined where it stays in one folder, or where one end
 * is a file beside folders.
 */
function siblingsOf(source, file, target) {
  const from = relative(source, dirname(file)).split('/').filter(Boolean);
  const to = relative(source, dirname(target)).split('/').filter(Boolean);
  let depth = 0;
  while (depth < from.length && from[depth] === to[depth]) depth += 1;
  if (depth === from.length || depth === to.length) return undefined;
  return {
    parent: join(source, ...from.slice(0, depth)),
    from: from[depth],
    to: to[depth],
  };
}

const require = createRequire(import.meta.url);

/** Files of the workspace that a file imports, types included. */
function importsOf(file, known) {
  // Not before: this module is loaded while nothing is installed yet
  const { preProcessFile } = require('typescript');
  const { importedFiles } = preProcessFile(
    readFileSync(join(root, file), 'utf8'),
  );
  return importedFiles
    .filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => join(dirname(file), fileName))
    .flatMap(path =>
      ['', '.ts', '.tsx', '/index.ts', '/index.tsx']
        .map(ending => `${path}${ending}`)
        .filter(candidate => known.has(candidate))
        .slice(0, 1),
    );
}

/** Groups of folders that reach each other, by Tarjan's algorithm. */
function circles(graph) {
  const found = [];
  const stack = [];
  const seen = new Map();
  const visit = name => {
    const own = { index: seen.size, low: seen.size, open: true };
    seen.set(name, own);
    stack.push(name);
    for (const next of graph.get(name)?.keys() ?? []) {
      const other = seen.get(next);
      if (!other) own.low = Math.min(own.low, visit(next).low);
      else if (other.open) own.low = Math.min(own.low, other.index);
    }
    if (own.low === own.index) {
      const group = stack.splice(stack.indexOf(name));
      group.forEach(member => {
        seen.get(member).open = false;
      });
      if (group.length > 1) found.push(group);
    }
    return own;
  };
  for (const name of graph.keys()) if (!seen.has(name)) visit(name);
  return found;
}

function steps(graph, group) {
  return group.flatMap(from =>
    [...(graph.get(from) ?? [])]
      .filter(([to]) => group.includes(to))
      .map(([, example]) => example),
  );
}

function entry(map, key, make) {
  if (!map.has(key)) map.set(key, make());
  return map.get(key);
}
