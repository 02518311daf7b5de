import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isReady } from '../portal.mjs';
import { freePort } from '../ports.mjs';
import { Service } from '../service.mjs';

/** Files that a path changes; each path begins with those of the portal. */
const changed = [
  'app-config.yaml',
  'app-config.local.yaml',
  'examples',
  'packages/backend/package.json',
  'packages/backend/src',
  'plugins',
  'yarn.lock',
];

/** Gives the second folder what the first has of them; what an earlier version of this script did not keep stays. */
function copyChanged(from, to) {
  for (const name of changed.filter(one => existsSync(join(from, one)))) {
    rmSync(join(to, name), { recursive: true, force: true });
    cpSync(join(from, name), join(to, name), { recursive: true });
  }
}

/** The adopter's portal, on the way through docs/adopting.md. */
export class Portal {
  #env;
  #log;
  #service;
  folder;
  url;

  constructor({ folder, env, log }) {
    this.folder = folder;
    this.#env = env;
    this.#log = log;
  }

  get #kept() {
    return join(this.folder, '..', 'before-the-paths');
  }

  /** Whether it has our packages, and its files were kept then. */
  remembers() {
    return existsSync(this.#kept);
  }

  /** Keeps its files as they are now, for `reset`. */
  remember() {
    mkdirSync(this.#kept, { recursive: true });
    copyChanged(this.folder, this.#kept);
  }

  reset() {
    copyChanged(this.#kept, this.folder);
  }

  /** "yarn start", on free ports, and waits until the app is served and every plugin of the backend has started. */
  async start(keys, name) {
    const [app, backend] = [await freePort(), await freePort()];
    this.url = `http://localhost:${app}`;
    const backendUrl = `http://localhost:${backend}`;
    this.#service = new Service({
      name: 'portal',
      command: ['yarn', 'start'],
      cwd: this.folder,
      env: {
        ...this.#env,
        ...keys,
        NODE_ENV: 'development',
        GITHUB_TOKEN: 'none',
        BROWSER: 'none',
        APP_CONFIG_app_baseUrl: this.url,
        APP_CONFIG_backend_baseUrl: backendUrl,
        APP_CONFIG_backend_listen_port: String(backend),
        APP_CONFIG_backend_cors_origin: this.url,
      },
      log: `${this.#log}-${name}-portal.log`,
    });
    await this.#service.ready(async () => {
      // Every question is a line of its log
      await sleep(500);
      return isReady(backendUrl, this.url);
    }, 300_000);
    return 'yarn start';
  }

  async stop() {
    await this.#service?.stop();
    this.#service = undefined;
  }
}
