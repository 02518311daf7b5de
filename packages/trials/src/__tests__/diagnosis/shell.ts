import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSettings, type Sandbox } from 'eks-sandbox';
import { PATIENCE_MS } from 'eks-sandbox/patience';

/** What a script left behind. */
interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a script by bash with the real aws and kubectl, as the administrator of the sandbox. */
export type Shell = (script: string) => Promise<Ran>;

/** Runs a script that has to succeed. */
export async function must(shell: Shell, script: string): Promise<void> {
  const { code, stderr } = await shell(script);
  if (code !== 0) throw new Error(`${script}: ${stderr.trim()}`);
}

/** Longest time of one script. */
const TIMEOUT_MS = 2 * PATIENCE_MS;

export async function shellOf(sandbox: Sandbox): Promise<Shell> {
  const home = mkdtempSync(join(tmpdir(), 'eks-pod-identity-diagnose-'));
  const { env } = await writeSettings(home, sandbox);
  // A printed command has to name its own region.
  const prelude = `source '${env}'; unset AWS_REGION AWS_DEFAULT_REGION`;
  return script =>
    new Promise(resolve => {
      execFile(
        '/bin/bash',
        ['-euc', `${prelude}\n${script}`],
        {
          env: { PATH: process.env.PATH, HOME: home },
          timeout: TIMEOUT_MS,
        },
        (error, stdout, stderr) =>
          resolve({
            code: error ? Number(error.code ?? 1) : 0,
            stdout,
            stderr,
          }),
      );
    });
}
