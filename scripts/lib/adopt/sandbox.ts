import { mkdirSync } from 'node:fs';
import { DEMO_DELAYS, startSandbox, writeSettings } from 'eks-sandbox';
import { bareAccount } from '../../../packages/engine/src/artefacts/__testUtils__/bareAccount';

/** The account of an adopter: a sandbox without anything that a portal brings, and a role `backstage-portal` without rights. */
async function main(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const sandbox = await startSandbox({
    clusters: ['payments-prod'],
    delays: DEMO_DELAYS,
  });
  await bareAccount(sandbox);
  // In the account of the roles their trust in it by name is enough
  const { arn: roleArn } = sandbox.aws.iam.putRole({
    name: 'backstage-portal',
  });
  Object.assign(
    sandbox.credentials.backstage,
    sandbox.aws.iam.sessionOf({ roleArn }),
  );
  await writeSettings(directory, sandbox);
  process.on('SIGTERM', () => sandbox.stop().then(() => process.exit(0)));
}

main(process.argv[2]).catch(error => {
  console.error(error);
  process.exit(1);
});
