import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build, context } from 'esbuild';

const HTML = `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Card states</title>
    <link rel="stylesheet" href="/index.css" />
    <script type="module" src="/index.js"></script>
  </head>
  <body>
    <div id="root"></div>
  </body>
</html>`;

/** The page with every state of the card, built as for a portal in production, on a server of its own. */
export class DevPage {
  private constructor(
    readonly url: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(): Promise<DevPage> {
    const folder = await mkdtemp(join(tmpdir(), 'card-states-'));
    const fallback = join(folder, 'index.html');
    await writeFile(fallback, HTML);
    await build({
      absWorkingDir: resolve(__dirname, '..'),
      entryPoints: ['dev/index.tsx'],
      outdir: folder,
      bundle: true,
      splitting: true,
      format: 'esm',
      minify: true,
      jsx: 'automatic',
      mainFields: ['browser', 'module', 'main'],
      loader: { '.svg': 'dataurl' },
      define: {
        'process.env.NODE_ENV': '"production"',
        'process.env.HAS_REACT_DOM_CLIENT': 'true',
        'process.env.APP_CONFIG': '[]',
        global: 'globalThis',
      },
      logLevel: 'error',
    });
    // One that builds nothing: it serves what is there
    const server = await context({});
    const host = '127.0.0.1';
    const { port } = await server.serve({ host, servedir: folder, fallback });
    return new DevPage(`http://localhost:${port}`, async () => {
      await server.dispose();
      await rm(folder, { recursive: true });
    });
  }
}
