/** @needs aws kubectl */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toolsPath } from '../__testUtils__/tools';
import { Sandbox, startSandbox } from '../sandbox';
import { SettingsFiles, writeSettings } from './settings';

/** Sources the settings file in a shell, as users do. */
describe('the settings for a shell', () => {
  let sandbox: Sandbox;
  let directory: string;
  let files: SettingsFiles;

  beforeAll(async () => {
    sandbox = await startSandbox();
    directory = mkdtempSync(join(tmpdir(), 'sandbox-settings-'));
    files = await writeSettings(directory, sandbox);
  });
  afterAll(async () => {
    await sandbox.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const sh = (script: string, PATH = toolsPath()) =>
    new Promise<{ code: number; stdout: string; stderr: string }>(done =>
      execFile(
        '/bin/sh',
        ['-c', script],
        { env: { PATH, HOME: directory } },
        (error, stdout, stderr) =>
          done({ code: Number(error?.code ?? 0), stdout, stderr }),
      ),
    );

  it('point aws at the sandbox, whatever was set before', async () => {
    const { stdout, stderr } = await sh(
      `export AWS_PROFILE=elsewhere AWS_SESSION_TOKEN=x; . '${files.env}' && aws eks list-clusters --output text && aws eks describe-cluster --name "$EKS_CLUSTER_NAME" --query cluster.name --output text`,
    );
    expect(stderr).toBe('');
    expect(stdout).toContain('CLUSTERS\tplatform-auto');
    expect(stdout.trim().split('\n').pop()).toBe('payments-prod');
  });

  it('sign kubectl in as the administrator', async () => {
    const { stdout, stderr } = await sh(
      `. '${files.env}' && kubectl get ns -o name`,
    );
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toContain('namespace/payments');
  });

  it.each([
    ['aws-cli/1.44.2 Python/3.12', '1.44.2'],
    ['aws-cli/2.9.19 Python/3.11.2 Linux/6.1.0 source/x86_64', '2.9.19'],
    ['aws-cli/2.14.6 Python/3.11.6', '2.14.6'],
  ])(
    'warn about an aws that would not use the sandbox: %s',
    async (says, version) => {
      const bin = join(directory, version);
      await sh(`mkdir '${bin}'`);
      writeFileSync(join(bin, 'aws'), `#!/bin/sh\necho '${says}'\n`);
      chmodSync(join(bin, 'aws'), 0o755);
      const { code, stderr } = await sh(
        `set -eu; . '${files.env}'`,
        `${bin}:/usr/bin:/bin`,
      );
      expect(code).toBe(0);
      expect(stderr).toContain(`aws-cli/${version}`);
      expect(stderr).toContain('2.15');
    },
  );
});
