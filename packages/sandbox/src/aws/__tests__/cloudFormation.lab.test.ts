/** @needs aws */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { current } from '../../core/propagated';
import { Sandbox, startSandbox } from '../../sandbox';
import { AwsCli } from '../../__testUtils__/clients';
import { PORTAL_STACK } from '../../__testUtils__/stackTemplates';

/** Stacks of the sandbox by the real `aws cloudformation`, whose waiters decide whether a state is what AWS says. */
jest.setTimeout(60_000);

let sandbox: Sandbox;
let aws: AwsCli;

beforeAll(async () => {
  sandbox = await startSandbox({ clusters: ['payments-prod'] });
  aws = new AwsCli(sandbox, sandbox.credentials.admin);
});
afterAll(async () => {
  aws.remove();
  await sandbox.stop();
});

function deploy(template: string, ...more: string[]) {
  const path = join(aws.home, 'template.yaml');
  writeFileSync(path, template);
  return aws.run([
    ...['cloudformation', 'deploy', '--stack-name', 'portal'],
    ...['--template-file', path, ...more],
  ]);
}
const ROLE = 'arn:aws:iam::111122223333:role/stack-read';
const named = ['--capabilities', 'CAPABILITY_NAMED_IAM'];

it('deploys a stack, changes it, rolls a fault back, and deletes it', async () => {
  const made = await deploy(PORTAL_STACK, ...named);
  expect(made.stdout).toContain('Successfully created/updated stack - portal');
  const again = await deploy(PORTAL_STACK, ...named);
  expect(again.stdout).toContain(
    'No changes to deploy. Stack portal is up to date',
  );
  const group = (name: string) => ['--parameter-overrides', `Group=${name}`];
  const changed = await deploy(PORTAL_STACK, ...named, ...group('two'));
  expect(changed.stdout).toContain('Successfully created/updated stack');
  const failed = await deploy(
    PORTAL_STACK,
    ...named,
    ...group('system:masters'),
  );
  expect(failed.stderr).toContain('Failed to create/update the stack.');
  const { StackEvents } = await aws.json([
    ...['cloudformation', 'describe-stack-events', '--stack-name', 'portal'],
  ]);
  expect(StackEvents[0].ResourceStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
  const cluster = sandbox.aws.eks.cluster('payments-prod');
  const entryOf = () => current(cluster.accessEntries.get(ROLE));
  expect(entryOf()?.groups).toEqual(['two']);

  await aws.ok(['cloudformation', 'delete-stack', '--stack-name', 'portal']);
  await aws.ok([
    ...['cloudformation', 'wait', 'stack-delete-complete'],
    ...['--stack-name', 'portal'],
  ]);
  expect(sandbox.aws.iam.findRole(ROLE)).toBeUndefined();
  expect(entryOf()).toBeUndefined();
});
