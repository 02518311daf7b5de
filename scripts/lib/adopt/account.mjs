import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { awayFromAws } from '../environment.mjs';
import { root } from '../paths.mjs';
import { nodeWithTypeScript, readSettings } from '../portal.mjs';
import { Service } from '../service.mjs';
import { must } from './createApp.mjs';

/**
 * An account of the sandbox without roles, boundary, access entries and RBAC of a portal.
 *
 * @returns {Promise<{ env: NodeJS.ProcessEnv, portalEnv: NodeJS.ProcessEnv, stop: () => Promise<void> }>} the settings
 *   of its administrator's shell, and those of the user for the portal, who has no rights yet
 */
export async function startAccount({ env, log, name }) {
  const directory = `${log}-${name}-account`;
  const settings = join(directory, 'env');
  // The sandbox writes it last of all
  rmSync(settings, { force: true });
  const clean = awayFromAws(env, directory);
  const service = new Service({
    name: 'account',
    command: [
      ...nodeWithTypeScript,
      join(root, 'scripts/lib/adopt/sandbox.ts'),
      directory,
    ],
    env: clean,
    log: `${log}-${name}-account.log`,
  });
  await service.ready(() => existsSync(settings), 120_000);
  const admin = { ...clean, ...readSettings(settings) };
  const roles = ['read', 'verify', 'write'].map(
    use => `backstage-eks-pod-identity-${use}`,
  );
  await must(
    'kubectl',
    ['delete', 'clusterrole,clusterrolebinding', ...roles],
    { env: admin },
  );
  return {
    env: admin,
    portalEnv: { ...clean, ...readSettings(join(directory, 'portal.env')) },
    stop: () => service.stop(),
  };
}
