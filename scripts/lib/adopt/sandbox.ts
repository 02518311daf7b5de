import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEMO_DELAYS, startSandbox, writeSettings } from 'eks-sandbox';
import { adopterAccount } from '../../../packages/engine/src/artefacts/__testUtils__/adopterAccount';

/** The account of an adopter: a sandbox without anything that a portal brings, but for what it signs in with. */
async function main(directory: string, keys: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const sandbox = await startSandbox({ clusters: ['payments-prod'] });
  await adopterAccount(sandbox, keys);
  // From now on, so that no pod is older than its association
  Object.assign(sandbox.delays, DEMO_DELAYS);
  const { accessKeyId, secretAccessKey } = sandbox.credentials.secondAdmin;
  const elsewhere = {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    KUBECONFIG: join(directory, 'elsewhere'),
  };
  writeFileSync(join(directory, 'elsewhere.json'), JSON.stringify(elsewhere));
  await writeSettings(directory, sandbox);
  process.on('SIGTERM', () => sandbox.stop().then(() => process.exit(0)));
}

main(process.argv[2], process.argv[3]).catch(error => {
  console.error(error);
  process.exit(1);
});
