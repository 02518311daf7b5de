import { execFile } from 'child_process';
import { mkdtempSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { delimiter, dirname, join } from 'path';
import type { Sandbox } from 'eks-sandbox';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import { awsCli } from './awsCli';

/** What a script left behind. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs scripts by the machine's real bash, with the real AWS CLI, against a sandbox; in an empty home that goes after the
 * tests of the file. No region is set: a command has to name its own.
 */
export function realBash() {
  const home = mkdtempSync(join(tmpdir(), 'eks-pod-identity-lab-'));
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  return (
    { awsEndpoint }: Sandbox,
    keys: { accessKeyId: string; secretAccessKey: string },
    script: string,
  ) =>
    new Promise<Ran>(resolve => {
      execFile(
        '/bin/bash',
        ['-euc', script],
        {
          env: {
            PATH: [dirname(awsCli()), '/usr/bin', '/bin'].join(delimiter),
            HOME: home,
            AWS_ENDPOINT_URL: awsEndpoint,
            AWS_EC2_METADATA_DISABLED: 'true',
            AWS_PAGER: '',
            AWS_ACCESS_KEY_ID: keys.accessKeyId,
            AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
          },
          timeout: PATIENCE_MS,
        },
        (error, stdout, stderr) =>
          resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
      );
    });
}
