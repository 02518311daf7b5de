import { join } from 'node:path';
import { root } from '../paths.mjs';
import { nodeWithTypeScript, startSandbox } from '../portal.mjs';
import { must } from '../registry.mjs';

/**
 * An account of the sandbox without roles, boundary, access entries and RBAC of a portal.
 *
 * @returns {Promise<{ env: NodeJS.ProcessEnv, portalEnv: NodeJS.ProcessEnv, stop: () => Promise<void> }>} the settings
 *   of its administrator's shell, and those of the role of the portal, which has no rights yet
 */
export async function startAccount({ env, log, name }) {
  const directory = `${log}-${name}-account`;
  const program = join(root, 'scripts/lib/adopt/sandbox.ts');
  const account = await startSandbox({
    env,
    directory,
    command: [...nodeWithTypeScript, program, directory],
  });
  const roles = ['read', 'verify', 'write'].map(
    use => `backstage-eks-pod-identity-${use}`,
  );
  await must(
    'kubectl',
    ['delete', 'clusterrole,clusterrolebinding', ...roles],
    { env: account.clientEnv },
  );
  return {
    env: account.clientEnv,
    portalEnv: account.portalEnv,
    stop: () => account.service.stop(),
  };
}
