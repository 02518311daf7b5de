import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { root } from './paths.mjs';
import { filesBelow, workspaces } from './workspaces.mjs';

const DEFINITIONS = `room    a folder directly below, or a file beside those folders; tests, and what only they share, are left out
arrow   one room imports from another, types included, however often
circle  rooms that all reach each other along the arrows
upward  the fewest arrows to take out so that no circle is left
floor   a room stands as many floors high as the longest way down from it along the other arrows`;

/** The sandbox is wired by the files beside its folders, so that only its folders are held against each other. */
const WIRED_BY_FILES = 'packages/sandbox';

/**
 * Import circles among the rooms of each folder of each workspace's `src`. ESLint's `import/no-cycle` sees circles of
 * files only.
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
          .flatMap(from => arrowsWithin(graph, from, names))
          .map(([, example]) => example)
          .join('; ')}`,
    );
  });
}

/** Rooms from the top, arrows, the upward ones, and circles of a folder. */
export function picture(folder, files, imports) {
  const graph = graphOf(folder, imports);
  for (const file of files) entry(graph, roomBelow(folder, file));
  const found = circles(graph);
  const upward = found.flatMap(names => fewestUpward(graph, names));
  const heights = new Map();
  const height = room =>
    heights.get(room) ??
    heights
      .set(
        room,
        Math.max(
          0,
          ...[...graph.get(room).keys()]
            .filter(to => !upward.includes(`${room} → ${to}`))
            .map(to => height(to) + 1),
        ),
      )
      .get(room);
  const floors = [];
  for (const room of graph.keys()) (floors[height(room)] ??= []).push(room);
  const arrows = [...graph.values()].reduce((sum, to) => sum + to.size, 0);
  return { rooms: graph.size, floors, arrows, upward, circles: found };
}

function isFile(room) {
  return room.includes('.');
}

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

/** Groups of rooms that reach each other, by Tarjan's algorithm. */
function circles(graph) {
  const found = [];
  const stack = [];
  const seen = new Map();
  const visit = name => {
    const own = { index: seen.size, low: seen.size, open: true };
    seen.set(name, own);
    stack.push(name);
    for (const next of graph.get(name).keys()) {
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

function arrowsWithin(graph, from, rooms) {
  return [...graph.get(from)].filter(([to]) => rooms.includes(to));
}

/** The arrows against the best order of the rooms of a circle, found by the best order of each set of them. */
function fewestUpward(graph, rooms) {
  if (rooms.length > 20) throw new Error('A circle of more than 20 rooms.');
  const bit = room => 2 ** rooms.indexOf(room);
  const aims = rooms.map(from =>
    arrowsWithin(graph, from, rooms).reduce((sum, [to]) => sum + bit(to), 0),
  );
  const upwardTo = (room, above) =>
    rooms.filter((to, index) => ((aims[room] & above) >> index) & 1);
  const all = 2 ** rooms.length - 1;
  /** By set of the rooms above: how many arrows run upward at least, and which room stands lowest among them. */
  const least = new Int32Array(all + 1).fill(2 ** 30);
  const lowest = new Int8Array(all + 1);
  least[0] = 0;
  for (let above = 0; above < all; above += 1) {
    for (let room = 0; room < rooms.length; room += 1) {
      const set = above | (1 << room);
      const count = least[above] + upwardTo(room, above).length;
      if (set !== above && count < least[set]) {
        least[set] = count;
        lowest[set] = room;
      }
    }
  }
  const upward = [];
  for (let set = all; set > 0; ) {
    const room = lowest[set];
    set -= 1 << room;
    upward.push(...upwardTo(room, set).map(to => `${rooms[room]} → ${to}`));
  }
  return upward;
}

if (process.argv[1] === import.meta.filename) {
  const folder = relative(root, resolve(process.argv[2] ?? '.'));
  const files = filesBelow(folder).filter(isProduct);
  const {
    rooms,
    floors,
    arrows,
    upward,
    circles: found,
  } = picture(folder, files, importsBelow(folder));
  console.log(
    [
      DEFINITIONS,
      '',
      `${folder}: ${rooms} rooms on ${floors.length} floors, ${arrows} arrows, ${upward.length} upward, ${found.length} circles`,
      ...floors.reverse().map(names => `  ${names.sort().join('  ')}`),
      ...upward.map(arrow => `upward: ${arrow}`),
      ...found.map(names => `circle: ${names.join(', ')}`),
    ].join('\n'),
  );
}
