const { existsSync, readFileSync, statSync } = require('node:fs');
const { dirname, join, resolve } = require('node:path');
const ts = require('typescript');

const root = resolve(__dirname, '../../..');

let folders;

/** Folder of a workspace by its npm name. An early Node.js 20, which looks for circles, cannot require a module. */
function folderOf(name) {
  folders ??= new Map(
    require('../workspaces.mjs')
      .workspaces()
      .map(({ folder, manifest }) => [manifest.name, join(root, folder)]),
  );
  return folders.get(name);
}

const isFile = path => existsSync(path) && statSync(path).isFile();

/** The TypeScript file behind an import; undefined for what is not written here. */
function resolveImport(request, from) {
  let base;
  if (request.startsWith('.')) {
    base = resolve(dirname(from), request);
  } else {
    const [name, ...rest] = request.split('/');
    const workspace = folderOf(name);
    if (!workspace) return undefined;
    base = join(workspace, 'src', rest.length ? rest.join('/') : 'index');
  }
  if (from.includes('/node_modules/')) return undefined;
  return [`${base}.ts`, `${base}.tsx`, join(base, 'index.ts')].find(isFile);
}

const requests = new Map();

const isTypeOnly = statement =>
  (ts.isImportDeclaration(statement) && statement.importClause?.isTypeOnly) ||
  (ts.isExportDeclaration(statement) && statement.isTypeOnly);

/** What a file imports when it runs, as it is written. */
function importsOf(file) {
  if (!requests.has(file)) {
    const text = readFileSync(file, 'utf8');
    const types = ts
      .createSourceFile(file, text, ts.ScriptTarget.ES2022)
      .statements.filter(isTypeOnly);
    requests.set(
      file,
      ts
        .preProcessFile(text)
        .importedFiles.filter(
          ({ pos }) => !types.some(type => type.pos <= pos && pos < type.end),
        )
        .map(({ fileName }) => fileName),
    );
  }
  return requests.get(file);
}

/** Whether a file names another in an import of its own. */
function imports(file, other) {
  return importsOf(file).some(one => resolveImport(one, file) === other);
}

const importers = new Map();
const walked = new Map();

/** Every file of ours that a file needs, and the names of every package. */
function neededBy(file) {
  if (walked.has(file)) return walked.get(file);
  const files = new Set();
  const packages = new Set();
  const visit = one => {
    for (const request of importsOf(one)) {
      const found = resolveImport(request, one);
      if (!found) {
        packages.add(request);
        continue;
      }
      if (!importers.has(found)) importers.set(found, new Set());
      importers.get(found).add(one);
      files.add(found);
    }
  };
  visit(file);
  // A set that grows is walked to its end
  files.forEach(visit);
  const needed = { files, packages };
  walked.set(file, needed);
  return needed;
}

/** Every file seen so far that needs this one, however far away. */
function importersOf(file) {
  const found = new Set(importers.get(file));
  for (const one of found) importers.get(one)?.forEach(next => found.add(next));
  return found;
}

module.exports = {
  importersOf,
  imports,
  importsOf,
  neededBy,
  resolveImport,
  root,
};
