import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { EKSClient } from '@aws-sdk/client-eks';
import { IAMClient } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { PATIENCE_MS } from '../../patience';
import type { Sandbox } from '../sandbox';
import { aws, toolsPath } from './tools';

/** Keys to sign with; temporary credentials also carry a session token. */
export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** Clients of the real SDK that call a sandbox. */
export interface Clients {
  eks: EKSClient;
  iam: IAMClient;
  sts: STSClient;
  s3: S3Client;
  cloudTrail: CloudTrailClient;
  destroy(): void;
}

/** Clients of the real SDK that do not retry, so that a test sees the first answer. */
export function sdk(
  sandbox: Pick<Sandbox, 'awsEndpoint' | 'region'>,
  keys: Keys,
  settings: { region?: string; systemClockOffset?: number } = {},
): Clients {
  const common = {
    region: settings.region ?? sandbox.region,
    endpoint: sandbox.awsEndpoint,
    credentials: {
      accessKeyId: keys.accessKeyId,
      secretAccessKey: keys.secretAccessKey,
      sessionToken: keys.sessionToken,
    },
    maxAttempts: 1,
    systemClockOffset: settings.systemClockOffset,
  };
  const clients = {
    eks: new EKSClient(common),
    iam: new IAMClient(common),
    sts: new STSClient(common),
    s3: new S3Client({ ...common, forcePathStyle: true }),
    cloudTrail: new CloudTrailClient(common),
  };
  return {
    ...clients,
    destroy: () => Object.values(clients).forEach(client => client.destroy()),
  };
}

/** The error that a promise rejects with. */
export async function errorOf(
  promise: Promise<unknown>,
): Promise<Error & Record<string, any>> {
  try {
    await promise;
  } catch (error) {
    return error as Error & Record<string, any>;
  }
  throw new Error('Expected the promise to reject');
}

/** Exit code and output of a command-line tool. */
export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the real `aws` in an environment that points only at the sandbox. */
export class AwsCli {
  readonly home = mkdtempSync(join(tmpdir(), 'sandbox-cli-'));

  constructor(
    private readonly sandbox: Pick<Sandbox, 'awsEndpoint' | 'region'>,
    private readonly keys: Keys,
  ) {}

  run(
    args: string[],
    env: Record<string, string> = {},
  ): Promise<CommandResult> {
    return new Promise((resolve, reject) => {
      const child = execFile(
        aws(),
        args,
        {
          cwd: this.home,
          env: {
            PATH: toolsPath(),
            HOME: this.home,
            AWS_ENDPOINT_URL: this.sandbox.awsEndpoint,
            AWS_REGION: this.sandbox.region,
            AWS_ACCESS_KEY_ID: this.keys.accessKeyId,
            AWS_SECRET_ACCESS_KEY: this.keys.secretAccessKey,
            ...(this.keys.sessionToken && {
              AWS_SESSION_TOKEN: this.keys.sessionToken,
            }),
            AWS_EC2_METADATA_DISABLED: 'true',
            AWS_PAGER: '',
            ...env,
          },
          timeout: PATIENCE_MS,
        },
        (error, stdout, stderr) => {
          if (error && typeof error.code !== 'number') {
            reject(error);
            return;
          }
          resolve({ code: Number(error?.code ?? 0), stdout, stderr });
        },
      );
      child.stdin!.end();
    });
  }

  /** Standard output of a command that must succeed. */
  async ok(args: string[], env?: Record<string, string>): Promise<string> {
    const result = await this.run(args, env);
    if (result.code !== 0) {
      throw new Error(
        `aws ${args.join(' ')} ended with ${result.code}: ${result.stderr}`,
      );
    }
    return result.stdout;
  }

  /** Parsed JSON of a command that must succeed. */
  async json(args: string[]): Promise<any> {
    return JSON.parse(await this.ok([...args, '--output', 'json']));
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}
