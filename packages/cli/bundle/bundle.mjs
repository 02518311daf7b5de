import {
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { assertFloor, bundledPackages, noticesOf } from './notices.mjs';
import {
  inlinedPages,
  kubeconfigAlone,
  librariesApart,
  packedManifest,
} from './plugins.mjs';

const cli = fileURLToPath(new URL('..', import.meta.url));
const root = resolve(cli, '../..');
const manifestOf = path => JSON.parse(readFileSync(path, 'utf8'));
const { engines } = manifestOf(join(cli, 'package.json'));

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: engines.node.replace('>=', 'node'),
  // ES modules, of which what is not used can be left out
  mainFields: ['module', 'main'],
  // A text that is compiled when it is needed has no import()
  supported: { 'dynamic-import': false },
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
};

const sourceMaps = { sourcemap: 'linked', sourcesContent: false };

/** The file that --help and --version need, and the one with what takes long to load. */
const filesIn = (target, manifest, options) => [
  {
    ...common,
    ...options,
    entryPoints: [join(cli, 'src/index.ts')],
    outfile: join(target, 'index.cjs.js'),
    plugins: [librariesApart(cli), packedManifest(manifest)],
  },
  {
    ...common,
    ...options,
    entryPoints: [join(cli, 'src/libraries.ts')],
    outfile: join(target, 'libraries.js'),
    plugins: [inlinedPages(join(root, 'packages/engine')), kubeconfigAlone],
  },
];

/**
 * One file that a shell runs. The second one is a text in a comment at its end, which the compiler skips; it is read when it
 * is needed. As JSON it is one line, and has no end of a comment.
 */
function joined([index, libraries]) {
  const program = readFileSync(index, 'utf8');
  const apart = 'require("./libraries.js")';
  if (!program.includes(apart)) throw new Error(`${index} needs no libraries.`);
  const text = JSON.stringify(readFileSync(libraries, 'utf8'));
  return `#!/usr/bin/env node
let loaded;
function fileOfLibraries() {
  if (loaded) return loaded.exports;
  const { readFileSync } = require('node:fs');
  const { compileFunction } = require('node:vm');
  const whole = readFileSync(__filename, 'utf8');
  const start = whole.lastIndexOf('\\n/*\\n') + 4;
  const end = whole.indexOf('\\n*/', start);
  if (start < 4 || end < 0) {
    throw new Error(__filename + ' is not as it was built. Copy it again.');
  }
  loaded = { exports: {} };
  compileFunction(JSON.parse(whole.slice(start, end)), ['module', 'exports', 'require'], {
    filename: 'libraries.js',
  })(loaded, loaded.exports, require);
  return loaded.exports;
}
${program.replaceAll(apart, () => 'fileOfLibraries()')}
void module.exports.start();
/*
${text.replaceAll('*/', '*\\/')}
*/
`;
}

/**
 * Writes the program with all that it needs, and the licences of what is in it, into a folder; what was there is removed.
 *
 * @param {string} target
 * @param {{ single?: boolean, manifest?: string }} [options] - `single`: one file that a shell runs, instead of the two of
 *   the package; `manifest`: the package.json that is packed
 * @returns {Promise<{ bytes: number, packages: { name: string, version: string, license: string, node?: string }[] }>}
 */
async function bundle(
  target,
  { single = false, manifest = join(cli, 'package.json') } = {},
) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const files = filesIn(target, manifestOf(manifest), single ? {} : sourceMaps);
  const built = await Promise.all(files.map(one => build(one)));
  const outputs = built.flatMap(({ metafile }) =>
    Object.values(metafile.outputs).filter(({ entryPoint }) => entryPoint),
  );
  if (single) {
    const paths = files.map(({ outfile }) => outfile);
    const program = join(target, 'eks-pod-identity');
    writeFileSync(program, joined(paths), { mode: 0o755 });
    paths.forEach(path => rmSync(path));
    cpSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
  }
  const packages = bundledPackages(
    Object.assign({}, ...outputs.map(({ inputs }) => inputs)),
    root,
  );
  assertFloor(packages, engines.node);
  writeFileSync(join(target, 'THIRD-PARTY-NOTICES.txt'), noticesOf(packages));
  return {
    bytes: outputs.reduce((sum, { bytes }) => sum + bytes, 0),
    packages: packages.map(({ texts, ...rest }) => rest),
  };
}

const { values, positionals } = parseArgs({
  options: {
    single: { type: 'boolean' },
    manifest: { type: 'string' },
    json: { type: 'boolean' },
  },
  allowPositionals: true,
});
const [target = join(cli, 'dist')] = positionals;
const made = await bundle(resolve(target), values);
console.log(
  values.json
    ? JSON.stringify(made)
    : `${(made.bytes / 1e6).toFixed(1)} MB in ${target}, with ${
        made.packages.length
      } packages of others`,
);
