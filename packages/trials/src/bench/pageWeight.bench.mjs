/**
 * The weight of our pages in a browser: JavaScript and CSS of our own packages only, minified, split as an app's bundler
 * does (each page is a dynamic import), each file gzipped separately (level 9).
 *
 * "start" is what every page of the portal loads, whether it shows one of ours or not: the extensions and the API client.
 * The others are what one page loads in addition; shared code counts for each page, since any of them may be opened
 * first. The goal is that no code of one page ends up in another page or in the start.
 *
 * Not included: Backstage, React, and other third-party code.
 */
import { builtinModules, createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readJson } from '../../../../scripts/lib/json.mjs';
import { root } from '../../../../scripts/lib/paths.mjs';
import { figure } from '../../../../scripts/lib/output.mjs';
import { sum } from './lib/statistics.mjs';

const source = 'plugins/eks-pod-identity/src';
/**
 * The page's own entry, and walls: folder → where alone its code may be; the last that fits counts. The tab builds on
 * parts of the card; Backstage takes the link of an entity as a hook, which cannot be loaded later.
 */
const { pages, walls } = readJson(
  join(root, 'packages/trials/src/bench/pageWeight.json'),
);

const isOurs = name => name.startsWith('backstage-plugin-eks-pod-identity');

// Backstage's command-line tools bring esbuild along
const require = createRequire(import.meta.url);
const { build } = createRequire(
  createRequire(
    require.resolve('@backstage/cli-module-build/package.json'),
  ).resolve('esbuild-loader'),
)('esbuild');

const packageOf = path =>
  path.split('/', path.startsWith('@') ? 2 : 1).join('/');

/** Leaves outside what the portal has anyway. */
const leaveOut = isOutside => ({
  name: 'leave-out',
  setup({ onResolve }) {
    onResolve({ filter: /^[@\w]/ }, ({ path, kind }) =>
      kind !== 'entry-point' &&
      (builtinModules.includes(path) || isOutside(packageOf(path)))
        ? { path, external: true }
        : undefined,
    );
  },
});

async function bundle(isOutside, entry) {
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    outdir: 'out',
    write: false,
    metafile: true,
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    mainFields: ['browser', 'module', 'main'],
    define: { 'process.env.NODE_ENV': '"production"' },
    loader: { '.svg': 'empty', '.png': 'empty', '.woff2': 'empty' },
    logLevel: 'error',
    plugins: [leaveOut(isOutside)],
    ...entry,
  });
  const bytes = new Map(
    outputFiles.map(({ path, contents }) => [
      path.slice(root.length + 1),
      gzipSync(contents, { level: 9 }).length,
    ]),
  );
  return { outputs: metafile.outputs, bytes };
}

const bundlePlugin = isOutside =>
  bundle(isOutside, { entryPoints: [`${source}/index.ts`] });

/** The output of an entry or of a dynamic import, and all that it imports at once. */
function filesOf({ outputs }, entryPoint) {
  const first = Object.keys(outputs).find(
    file => file.endsWith('.js') && outputs[file].entryPoint === entryPoint,
  );
  if (!first) {
    throw new Error(`No dynamic import loads ${entryPoint} by itself.`);
  }
  const found = new Set([first]);
  for (const file of found) {
    outputs[file].imports
      .filter(({ kind, external }) => kind === 'import-statement' && !external)
      .forEach(({ path }) => found.add(path));
  }
  return found;
}

/** What is loaded at start and what each page adds to it: the files of each. */
function partsOf(bundled) {
  const start = filesOf(bundled, `${source}/index.ts`);
  return Object.fromEntries([
    ['start', start],
    ...Object.entries(pages).map(([page, entryPoint]) => [
      page,
      filesOf(bundled, entryPoint).difference(start),
    ]),
  ]);
}

/** Sources that left something in these files. */
const sourcesIn = ({ outputs }, files) =>
  [...files].flatMap(file =>
    Object.entries(outputs[file].inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => path),
  );

/** What stands in the JavaScript of a part that it does not belong to. */
const misplaced = (bundled, parts) =>
  Object.entries(parts).flatMap(([part, files]) =>
    sourcesIn(bundled, files)
      .filter(path => {
        const wall = Object.entries(walls).findLast(([folder]) =>
          path.startsWith(folder),
        );
        return wall && !wall[1].includes(part);
      })
      .map(path => `${path} must not be in the JavaScript of ${part}.`),
  );

const weigh = ({ bytes }, files) =>
  sum([...files].map(file => bytes.get(file)));
const weight = (name, value) => figure(`page weight: ${name}`, value, 'bytes');

const own = await bundlePlugin(name => !isOurs(name));
const parts = partsOf(own);
const strangers = misplaced(own, parts);
strangers.forEach(text => console.error(text));
figure('page weight: files out of place', strangers.length, '', { most: 0 });
weight('start, JavaScript', weigh(own, parts.start));
for (const page of Object.keys(pages)) {
  weight(`${page}, JavaScript on top of start`, weigh(own, parts[page]));
  const styles = [...parts[page]]
    .map(file => own.outputs[file].cssBundle)
    .filter(Boolean);
  weight(`${page}, CSS`, weigh(own, styles));
}
