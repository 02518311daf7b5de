import { relative } from 'node:path';
import { onToolchain } from './lib/environment.mjs';
import { command } from './lib/options.mjs';
import { root, sandboxDirectory } from './lib/paths.mjs';
import { assertPortFree, parsePort } from './lib/ports.mjs';
import { startPortal } from './lib/portal.mjs';
import { seconds } from './lib/progress.mjs';
import { endAll, onEnd } from './lib/run.mjs';
import { setUp } from './lib/setup.mjs';

const help = `npm start [-- --port PORT]

Sets up what is missing, starts the EKS sandbox and the example portal on it, and prints the portal's address.
Everything stays on this machine; inherited AWS settings are not used. Ctrl-C stops both.

  --port PORT   the portal's port (default 7007)
  --help        this text

Logs: .sandbox/sandbox.log and .sandbox/portal.log`;

const options = { port: { type: 'string' } };

await command('npm start --', help, { options }, async given => {
  const start = performance.now();
  const port = parsePort(given.port, 7007);
  await assertPortFree(
    port,
    `npm start -- --port ${port === 65535 ? 7008 : port + 1}`,
  );
  await setUp();
  console.log('Starting the sandbox and the portal');
  const portal = await startPortal({
    env: onToolchain(),
    port,
    directory: sandboxDirectory,
    say: text => console.log(`  ${text}`),
  });
  console.log(closing(portal, seconds(start)));
  onEnd(() => console.log('\nStopped; the sandbox keeps nothing.'));
  const death = await portal.died;
  await endAll();
  throw death;
});

function closing({ url, directory, env }, took) {
  const logs = relative(root, directory);
  return `
The portal is ready after ${took}:

  ${url}

  Start     there: it says what this is, and has three ways to begin
  SANDBOX   ${env.AWS_ENDPOINT_URL} stands in for AWS; nothing reaches a real account
  Sign in   as Ana Ferreira (payments team) or Sam Okafor (storefront team): they may do different things
  Look at   the system Shop (staging), where each identity is broken in its own way, and Warehouse (on IRSA), which has the
            ways to AWS from before Pod Identity
  Look in   another shell: "source ${logs}/env", then for example "aws eks list-clusters" or "kubectl get ns"
  Logs      ${logs}/sandbox.log, ${logs}/portal.log
  Stop      Ctrl-C
`;
}
