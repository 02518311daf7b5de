/** @needs kubectl */
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { awsVariables, bundle } from './__testUtils__/bundles';
import { CliWorld } from './__testUtils__/CliWorld';
import { runCommand } from './__testUtils__/runCommand';

describe('the real kubectl', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cli-kubectl-'));
  const plugins = join(folder, 'plugins');
  let world: CliWorld;

  beforeAll(async () => {
    await bundle('--single', plugins);
    renameSync(
      join(plugins, 'eks-pod-identity'),
      join(plugins, 'kubectl-eks_pod_identity'),
    );
    world = await CliWorld.start();
  });
  afterAll(async () => {
    await world.stop();
    rmSync(folder, { recursive: true });
  });

  const kubectl = (...args: string[]) =>
    runCommand(['kubectl', 'eks-pod-identity', ...args], {
      cwd: folder,
      env: {
        ...awsVariables(),
        HOME: folder,
        PATH: [plugins, dirname(process.execPath), process.env.PATH].join(':'),
      },
    });

  it('runs the program as its plugin, with its options and its codes', async () => {
    const verify = ['verify', 'payments/payments-ledger', '-o', 'json'];
    const { code, stdout } = await kubectl(...verify, '-c', 'payments-prod');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).reports[0].status).toBe('verified');
    expect((await kubectl('--help')).stdout).toMatch(
      /^Usage: kubectl eks-pod-identity /,
    );
    expect((await kubectl(...verify, '-c', 'none')).code).toBe(4);
  });
});
