import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const READING = "readFileSync(resolve(__dirname, '../docs', name), 'utf8')";

/**
 * Has the bundle hold the pages that the engine reads from files beside it.
 *
 * @param {string} engine - folder of its package
 * @returns {import('esbuild').Plugin}
 */
export const inlinedPages = engine => ({
  name: 'inlined-pages',
  setup(build) {
    build.onLoad({ filter: /[\\/]engine[\\/]src[\\/]pages\.ts$/ }, args => {
      const source = readFileSync(args.path, 'utf8');
      if (!source.includes(READING)) {
        throw new Error(`${args.path} reads its pages in another way.`);
      }
      const pages = Object.fromEntries(
        ['checks.md', 'permissions.md'].map(name => [
          name,
          readFileSync(join(engine, 'docs', name), 'utf8'),
        ]),
      );
      const contents = source.replace(
        READING,
        () => `(${JSON.stringify(pages)} as Record<string, string>)[name]`,
      );
      return { contents, loader: 'ts' };
    });
  },
});

/**
 * What takes long to load stays in a file of its own.
 *
 * @param {string} cli - folder of its package
 * @returns {import('esbuild').Plugin}
 */
export const librariesApart = cli => ({
  name: 'libraries-apart',
  setup(build) {
    build.onResolve({ filter: /^\.\/libraries\.js$/ }, ({ path }) => ({
      path,
      external: true,
    }));
    build.onLoad({ filter: /[\\/]cli[\\/]src[\\/]libraries\.ts$/ }, () => ({
      contents: `export const libraries = new Proxy({}, {
        get: (_, name) => require('./libraries.js').libraries[name],
      });`,
      resolveDir: cli,
    }));
  },
});

/**
 * What the package says of itself once it is packed; the address of its source is only known then.
 *
 * @param {{ name: string, version: string, homepage?: string }} manifest
 * @returns {import('esbuild').Plugin}
 */
export const packedManifest = ({ name, version, homepage }) => ({
  name: 'packed-manifest',
  setup(build) {
    build.onLoad({ filter: /[\\/]cli[\\/]package\.json$/ }, () => ({
      contents: JSON.stringify({ name, version, homepage }),
      loader: 'json',
    }));
  },
});

/**
 * Of the library for Kubernetes only what reads a kubeconfig: the engine uses none of its clients.
 *
 * @type {import('esbuild').Plugin}
 */
export const kubeconfigAlone = {
  name: 'kubeconfig-alone',
  setup(build) {
    build.onResolve(
      { filter: /^@kubernetes\/client-node$/ },
      ({ path, kind, resolveDir }) =>
        build.resolve(`${path}/dist/config.js`, { kind, resolveDir }),
    );
  },
};
