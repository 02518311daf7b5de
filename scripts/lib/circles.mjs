import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { root } from './paths.mjs';
import { filesBelow, workspaces } from './workspaces.mjs';

/** The sandbox is wired by the files beside its folders, so that only its folders are held against each other. */
const WIRED_BY_FILES = 'packages/sandbox';

/**
 * Import circles among the rooms of each folder of each workspace's `src`: the folders in it and the files beside them,
 * tests left out. ESLint's `import/no-cycle` sees circles of files only.
 *
 * @returns one sentence a circle, with an import for each of its arrows
 */
export function roomCircles() {
  return workspaces().flatMap(({ folder }) => {
    const imports = importsBelow(`${folder}/src`);
    return circlesAmong(
      folder === WIRED_BY_FILES
        ? imports.filter(ends => !roomsOf(ends).rooms.some(isFile))
        : imports,
    );
  });
}

/** The same for given imports, each the path of a file and of what it imports. */
export function circlesAmong(imports) {
  const houses = new Map();
  for (const ends of imports) {
    const { house } = roomsOf(ends);
    houses.set(house, [...(houses.get(house) ?? []), ends]);
  }
  return [...houses].flatMap(([house, within]) => {
    const graph = graphOf(house, within);
    return circles(graph).map(
      names =>
        `The rooms of ${house} import each other in a circle: ${names
          .flatMap(from => [...graph.get(from)])
          .flatMap(([to, example]) => (names.includes(to) ? example : []))
          .join('; ')}`,
    );
  });
}

const isFile = room => room.includes('.');

const isProduct = file =>
  /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file) && !/__\w+__/.test(file);

/** The folder that holds both ends of an import, and the room of each in it. */
function roomsOf([file, target]) {
  const from = file.split('/');
  const to = target.split('/');
  const depth = from.findIndex((name, index) => name !== to[index]);
  const house = from.slice(0, depth).join('/');
  return { house, rooms: [from[depth], to[depth]] };
}

const roomBelow = (folder, file) => file.slice(folder.length + 1).split('/')[0];

/** room → room → an import that leads there */
function graphOf(folder, imports) {
  const graph = new Map();
  for (const [file, target] of imports) {
    if (![file, target].every(end => end.startsWith(`${folder}/`))) continue;
    const [from, to] = [file, target].map(end => roomBelow(folder, end));
    if (from === to) continue;
    entry(graph, from).set(to, `${file} imports ${target}`);
    entry(graph, to);
  }
  return graph;
}

function entry(graph, room) {
  if (!graph.has(room)) graph.set(room, new Map());
  return graph.get(room);
}

const require = createRequire(import.meta.url);

/** Each import of a product file by another, types included. */
function importsBelow(source) {
  // Not before: this module is loaded while nothing is installed yet
  const { preProcessFile } = require('typescript');
  const { resolveImport } = require('./mutation/imports.cjs');
  const files = filesBelow(source).filter(isProduct);
  return files.flatMap(file =>
    preProcessFile(readFileSync(join(root, file), 'utf8'))
      .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
      .map(({ fileName }) => resolveImport(fileName, join(root, file)))
      .map(target => [file, target && relative(root, target)])
      .filter(([, target]) => files.includes(target)),
  );
}

/** Groups of rooms that reach each other. */
function circles(graph) {
  const reach = (room, seen = new Set()) => {
    for (const next of graph.get(room).keys()) {
      if (!seen.has(next)) reach(next, seen.add(next));
    }
    return seen;
  };
  const rooms = [...graph.keys()];
  const reached = new Map(rooms.map(room => [room, reach(room)]));
  const groups = rooms.map(room =>
    rooms.filter(
      other => reached.get(room).has(other) && reached.get(other).has(room),
    ),
  );
  return groups.filter((group, at) => group[0] === rooms[at]);
}
