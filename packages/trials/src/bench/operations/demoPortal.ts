/** The example portal with its own sandbox, each in a separate process, as `npm start` runs them. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  PodIdentityClient,
  type StartOperation,
  type Timeline,
} from 'backstage-plugin-eks-pod-identity-common';
import { SandboxClient } from 'eks-sandbox';
import { until } from 'eks-sandbox/patience';
import { testOutput } from '../../../../../scripts/lib/paths.mjs';
import { startPortal } from '../../../../../scripts/lib/portal.mjs';
import { benchmark } from '../lib/benchmark';
import { tokenOf } from '../lib/tokenOf';
import { freePort } from '../../../../../scripts/lib/ports.mjs';
import lab from './lab.json';

export const USERS = {
  ana: 'user:default/ana',
  priya: 'user:default/priya',
};

export const CLUSTER = 'payments-prod';

/** An identity of a component; of Ana's by default. */
export const identityOf = (
  serviceAccount: string,
  component = 'payments-api',
) => ({
  clusterName: CLUSTER,
  namespace: 'payments',
  serviceAccount,
  entityRef: `component:default/${component}`,
});

/**
 * One caller may make 20 calls to IAM at once and then 1.6 a second (docs/configuration.md, `pacing`). A round makes
 * fewer than 20.
 */
const REST_MS = 14_000;

export interface DemoPortal {
  sandbox: SandboxClient;
  /** For `aws` and `kubectl` as the sandbox's administrator. */
  env: NodeJS.ProcessEnv;
  clientOf(user: string): Promise<PodIdentityClient>;
  /** Until the account is idle again: the burst of calls that a round has used is there for the next one. */
  rest(): Promise<void>;
}

const clientOf = (url: string) => async (user: string) => {
  const token = await signIn(url, user);
  return new PodIdentityClient({
    discoveryApi: { getBaseUrl: async id => `${url}/api/${id}` },
    fetchApi: {
      fetch: (input, init) => {
        const headers = new Headers(init?.headers);
        headers.set('authorization', `Bearer ${token}`);
        return fetch(input, { ...init, headers });
      },
    },
  });
};

/** Runs a benchmark with a portal of its own. */
export const benchmarkDemo = (work: (portal: DemoPortal) => Promise<void>) =>
  benchmark(async () => {
    const portal = await startPortal({
      env: process.env,
      port: await freePort(),
      directory: join(testOutput, 'bench-portal'),
      say: (text: string) => console.error(`# ${text}`),
    });
    const { env, url, stop } = portal;
    const sandbox = new SandboxClient(env.AWS_ENDPOINT_URL!);
    const rest = () => sleep(REST_MS);
    await work({ env, sandbox, clientOf: clientOf(url), rest }).finally(stop);
  });

/** Asks until the catalog knows the user, their groups and their component. */
async function signIn(url: string, user: string): Promise<string> {
  const refresh = `${url}/api/auth/sandbox/refresh`;
  const token = await tokenOf(refresh, { 'x-sandbox-user': user });
  const component = `${url}/api/catalog/entities/by-name/component/default/payments-api`;
  await until(async () => {
    const headers = { authorization: `Bearer ${token}` };
    const { relations = [] } = await (
      await fetch(component, { headers })
    ).json();
    return relations.some(({ type }: { type: string }) => type === 'ownedBy');
  });
  return token;
}

/** From the request until its last event has arrived; an operation that fails is an error. */
export async function carryOut(
  client: PodIdentityClient,
  request: StartOperation,
  options: { timeline?: boolean } = {},
): Promise<{ ms: number; timeline?: Timeline }> {
  const start = performance.now();
  const { id } = await client.startOperation(request, options);
  for await (const _ of client.followOperation(id));
  const ms = performance.now() - start;
  const operation = await client.getOperation(id);
  if (operation.state !== 'succeeded') {
    throw new Error(
      `${request.kind} ${operation.state}: ${operation.error?.message}`,
    );
  }
  const { result } = operation;
  // The benchmarks have no workloads: a test pod proves the way
  if (result?.kind === 'verify' && result.report.way !== 'proven') {
    const bad = result.report.checks.filter(
      ({ status }) => status === 'fail' || status === 'unknown',
    );
    throw new Error(
      `The verification ended ${result.status}: ${JSON.stringify(bad)}`,
    );
  }
  return {
    ms,
    timeline: options.timeline ? await client.getTimeline(id) : undefined,
  };
}

export const S3_READ = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';

/** The lab's work by the portal: give the identity, prove it with `s3 ls`, take it away. */
export const labRequests = (serviceAccount: string) =>
  lab.map(({ kind, input }) => ({
    kind,
    input: { ...identityOf(serviceAccount), ...input },
  })) as StartOperation[];
