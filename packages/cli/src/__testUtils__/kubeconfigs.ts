import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccessKeys } from 'eks-sandbox';

/** A context, and what the cluster and the user of its entries are. */
export interface ContextEntry {
  namespace?: string;
  /** Name of the entry of the cluster. */
  cluster: string;
  server?: string;
  ca?: string;
  user?: object;
}

/** A folder with kubeconfigs, and an environment that names one or none. */
export class Kubeconfigs {
  readonly folder = mkdtempSync(join(tmpdir(), 'kubeconfigs-'));
  readonly #before = {
    KUBECONFIG: process.env.KUBECONFIG,
    HOME: process.env.HOME,
    AWS_SHARED_CREDENTIALS_FILE: process.env.AWS_SHARED_CREDENTIALS_FILE,
  };

  /** The first context is the current one. */
  write(contexts: Record<string, ContextEntry>, name = 'config'): string {
    const file = join(this.folder, name);
    const entries = Object.entries(contexts);
    writeFileSync(
      file,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': entries[0]?.[0],
        clusters: entries.map(([, { cluster, server, ca }]) => ({
          name: cluster,
          cluster: {
            server: server ?? 'https://api.example.invalid',
            'certificate-authority-data': ca,
          },
        })),
        users: entries.map(([context, { user = {} }]) => ({
          name: context,
          user,
        })),
        contexts: entries.map(([context, { cluster, namespace }]) => ({
          name: context,
          context: { cluster, namespace, user: context },
        })),
      }),
    );
    return file;
  }

  /** What a shell has: `KUBECONFIG`, or none and no file of its home. */
  use(file?: string): void {
    process.env.HOME = this.folder;
    if (file) process.env.KUBECONFIG = file;
    else delete process.env.KUBECONFIG;
  }

  /** The shell has AWS profiles with these keys. */
  useProfiles(profiles: Record<string, AccessKeys>): void {
    const file = join(this.folder, 'credentials');
    const section = ([name, keys]: [string, AccessKeys]) =>
      `[${name}]\naws_access_key_id = ${keys.accessKeyId}\naws_secret_access_key = ${keys.secretAccessKey}\n`;
    writeFileSync(file, Object.entries(profiles).map(section).join(''));
    process.env.AWS_SHARED_CREDENTIALS_FILE = file;
  }

  end(): void {
    for (const [name, value] of Object.entries(this.#before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    rmSync(this.folder, { recursive: true });
  }
}
