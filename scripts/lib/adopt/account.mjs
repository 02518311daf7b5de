import { join } from 'node:path';
import { readJson } from '../json.mjs';
import { root } from '../paths.mjs';
import { nodeWithTypeScript, startSandbox } from '../portal.mjs';
import { must } from '../registry.mjs';

const fileOf = name => join(root, 'scripts/lib/adopt', name);

/**
 * An account of the sandbox without roles, boundary, access entries and RBAC of a portal.
 *
 * @param {{ keys: 'own' | 'portal' | 'pod' }} options - with what the portal signs in: the keys of its administrator, the
 *   role that it runs as, or what a pod of its own gets
 * @returns the settings of its administrator's shell, and of that of another account; `signIn` has those of the portal
 */
export async function startAccount({ env, log, name, keys }) {
  const directory = `${log}-${name}-account`;
  const { clientEnv, portalEnv, service } = await startSandbox({
    env,
    directory,
    command: [...nodeWithTypeScript, fileOf('sandbox.ts'), directory, keys],
  });
  async function inPod() {
    const token = join(directory, 'token');
    const args = ['-euo', 'pipefail', fileOf('sign-in.sh'), token];
    const said = JSON.parse(await must('bash', args, { env: clientEnv }));
    return {
      ...portalEnv,
      AWS_ACCESS_KEY_ID: said.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: said.SecretAccessKey,
      AWS_SESSION_TOKEN: said.Token,
      AWS_ROLE_ARN: said.role,
      AWS_WEB_IDENTITY_TOKEN_FILE: said.role && token,
    };
  }
  const ways = { own: () => clientEnv, portal: () => portalEnv, pod: inPod };
  return {
    env: clientEnv,
    elsewhere: { ...clientEnv, ...readJson(join(directory, 'elsewhere.json')) },
    signIn: ways[keys],
    stop: () => service.stop(),
  };
}
