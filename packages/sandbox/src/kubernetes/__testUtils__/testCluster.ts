import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { PATIENCE_MS } from '../../../patience';
import { createAwsSide } from '../../aws';
import { AwsDirect } from '../../aws/direct';
import { kubernetesBridge } from '../../aws/kubernetesBridge';
import { ClusterKey, Delays } from '../../core/contract';
import { createCore } from '../../core/core';
import { kubectl, toolsPath } from '../../__testUtils__/tools';
import {
  AccessKeys,
  MAIN_ACCOUNT,
  MAIN_REGION,
  SandboxCredentials,
  seedAccounts,
} from '../../seed/accounts';
import { ClusterOptions, createKubernetesSide } from '..';

export interface RunResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Long-term keys, or those of a session. */
export type Keys = AccessKeys & { sessionToken?: string };

export interface TestClusterOptions extends ClusterOptions {
  delays?: Partial<Delays>;
  clockRate?: number;
  /** Whether the agent add-on is installed from the start; default true. */
  agent?: boolean;
  name?: string;
}

const STS_HOST = `sts.${MAIN_REGION}.amazonaws.com`;

/** A bearer token like that of `aws eks get-token`, signed for the partition's STS. */
export async function bearerToken(
  keys: Keys,
  cluster: string,
): Promise<string> {
  const signer = new SignatureV4({
    service: 'sts',
    region: MAIN_REGION,
    credentials: keys,
    sha256: Sha256,
  });
  const signed = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname: STS_HOST,
      path: '/',
      headers: { host: STS_HOST, 'x-k8s-aws-id': cluster },
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    },
    { expiresIn: 60 },
  );
  const query = Object.entries(signed.query ?? {})
    .map(
      ([key, value]) =>
        `${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`,
    )
    .join('&');
  const url = `https://${STS_HOST}/?${query}`;
  return `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`;
}

/** Runs a program to its end; resolves whatever its exit code. */
export function run(
  command: string,
  args: string[],
  options: {
    env?: Record<string, string>;
    input?: string;
  } = {},
): Promise<RunResult> {
  return new Promise(resolve => {
    const child = execFile(
      command,
      args,
      {
        env: { PATH: toolsPath(), ...options.env },
        timeout: PATIENCE_MS,
        maxBuffer: 16 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        const code = error ? Number(error.code ?? 1) : 0;
        resolve({ code, stdout, stderr });
      },
    );
    child.stdin?.end(options.input ?? '');
  });
}

/** Starts both sides of a sandbox with one cluster, and the real kubectl for it. */
export async function startTestCluster(options: TestClusterOptions = {}) {
  const lines: string[] = [];
  const core = createCore({
    delays: options.delays,
    clockRate: options.clockRate,
    log: line => lines.push(line),
  });
  const { world, server } = createAwsSide(core, async () => undefined);
  const kubernetes = createKubernetesSide(core);
  world.kubernetes = kubernetes;
  kubernetes.attach(kubernetesBridge(world));
  world.endpointUrl = `http://127.0.0.1:${await server.listen(0)}`;
  const aws = new AwsDirect(world, MAIN_ACCOUNT, MAIN_REGION);
  const credentials: SandboxCredentials = seedAccounts(aws);

  const name = options.name ?? 'demo';
  const key: ClusterKey = {
    accountId: MAIN_ACCOUNT,
    region: MAIN_REGION,
    name,
  };
  aws.eks.putCluster({ name });
  const nodeRole = aws.iam.putRole({
    name: 'node-role',
    trust: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'ec2.amazonaws.com' },
          Action: 'sts:AssumeRole',
        },
      ],
    },
    attached: ['arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy'],
  });
  await kubernetes.createCluster(key, {
    nodes: [
      { kind: 'managed', roleArn: nodeRole.arn },
      { kind: 'managed', roleArn: nodeRole.arn },
    ],
    ...options,
  });
  aws.eks.putAccessEntry(name, {
    principalArn: credentials.admin.arn,
    policies: [{ name: 'AmazonEKSClusterAdminPolicy' }],
  });
  if (options.agent ?? true) {
    await aws.eks.putAddon(name, { addonName: 'eks-pod-identity-agent' });
  }

  const handle = kubernetes.cluster(key);
  // Pods need it, and a controller makes it a moment after its namespace
  await handle.waitFor('serviceaccounts', 'default', 'default', Boolean);
  const home = await mkdtemp(join(tmpdir(), 'sandbox-kubernetes-'));

  /** Writes a kubeconfig with a token of these keys; returns its path. */
  const kubeconfig = async (keys: Keys, file = 'config') => {
    const path = join(home, file);
    const connection = kubernetes.connection(key)!;
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name,
          cluster: {
            server: connection.endpoint,
            'certificate-authority-data': connection.certificateAuthorityData,
          },
        },
      ],
      users: [{ name: 'user', user: { token: await bearerToken(keys, name) } }],
      contexts: [{ name, context: { cluster: name, user: 'user' } }],
      'current-context': name,
    };
    await writeFile(path, JSON.stringify(config));
    return path;
  };
  const adminConfig = await kubeconfig(credentials.admin);

  return {
    core,
    aws,
    kubernetes,
    credentials,
    key,
    handle,
    home,
    nodeRoleArn: nodeRole.arn,
    endpointUrl: world.endpointUrl,
    /** The sandbox's log lines; a healthy run logs none. */
    lines,
    kubeconfig,
    adminConfig,
    /** Runs the real kubectl as the cluster's administrator. */
    kubectl: (args: string[], more: { input?: string; config?: string } = {}) =>
      run(kubectl(), args, {
        env: { HOME: home, KUBECONFIG: more.config ?? adminConfig },
        input: more.input,
      }),
    async stop() {
      await kubernetes.stop();
      core.clock.stop();
      await server.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

export type TestCluster = Awaited<ReturnType<typeof startTestCluster>>;
