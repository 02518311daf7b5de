import { JsonObject } from '@backstage/types';
import {
  Sandbox,
  SandboxOptions,
  startSandbox,
  useEndpoint,
} from 'eks-sandbox';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import { Replica, startReplica } from './testBackend';

/** Everything real between the HTTP routes and the sandbox. */
export interface SandboxPortal {
  sandbox: Sandbox;
  /** Further replicas may be started; all are stopped with the portal. */
  start(
    options: Pick<
      Parameters<typeof startReplica>[0],
      | 'catalog'
      | 'clock'
      | 'decide'
      | 'deny'
      | 'entities'
      | 'features'
      | 'knex'
      | 'scheduler'
    > & {
      /** More of the section `eksPodIdentity`. */
      section?: JsonObject;
      /** More sections. */
      config?: JsonObject;
    },
  ): Promise<Replica>;
  /** Requests of the portal since the last call of this, those that changed something apart. */
  callsSince(): { all: string[]; writes: string[] };
  stop(): Promise<void>;
}

export const TIMINGS = {
  leaseTtl: PATIENCE_MS,
  leaseHeartbeat: 200,
  gateMinPause: 20,
  gateMaxPause: 100,
  retryPause: 50,
  // Tests sweep by hand, one time after the other
  sweepInterval: 0,
  requestTimeout: PATIENCE_MS,
  connectTimeout: PATIENCE_MS,
};

/** A workload of a service account in `payments` that runs no pod now, so that its identity has one. */
export const idleWorkload = (serviceAccount: string) => {
  const labels = { app: serviceAccount };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: serviceAccount, namespace: 'payments' },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: serviceAccount,
          containers: [
            { name: 'app', image: 'public.ecr.aws/docker/library/busybox:1' },
          ],
        },
      },
    },
  };
};

/** Config of a portal on the sandbox's clusters. */
export function sandboxConfig(
  sandbox: Sandbox,
  clusters: JsonObject[],
  timings: JsonObject = {},
): JsonObject {
  return {
    app: { baseUrl: 'https://portal.example.com' },
    eksPodIdentity: {
      portalId: 'test-portal',
      clusters: clusters.map(cluster => ({
        region: sandbox.region,
        accountId: sandbox.accountId,
        roles: { ...sandbox.credentials.roles },
        allow: { installAgent: true },
        ...cluster,
      })),
      role: {
        path: '/backstage/',
        permissionsBoundaryArn: `arn:aws:iam::${sandbox.accountId}:policy/backstage-workload-boundary`,
      },
      guardrails: {
        managedPolicies: {
          allow: ['S3', 'DynamoDB', 'SQS', 'SNS'].map(
            service => `arn:aws:iam::aws:policy/Amazon${service}ReadOnlyAccess`,
          ),
        },
      },
      pacing: {
        eksPerSecond: 50,
        iamPerSecond: 50,
        cloudTrailPerSecond: 1_000,
      },
      timings: { ...TIMINGS, ...timings },
    },
  };
}

export async function startSandboxPortal(options: {
  sandbox?: SandboxOptions;
  clusters: JsonObject[];
}): Promise<SandboxPortal> {
  const sandbox = await startSandbox(options.sandbox);
  sandbox.aws.set({ lookupsPerSecond: 1_000 });
  const restore = useEndpoint(sandbox.awsEndpoint);
  process.env.AWS_REGION = sandbox.region;
  process.env.AWS_ACCESS_KEY_ID = sandbox.credentials.backstage.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY =
    sandbox.credentials.backstage.secretAccessKey;
  const replicas: Replica[] = [];
  return {
    sandbox,
    async start({ section, config: more, ...given }) {
      const config = sandboxConfig(sandbox, options.clusters);
      const replica = await startReplica({
        ...given,
        config: {
          ...config,
          ...more,
          eksPodIdentity: {
            ...(config.eksPodIdentity as JsonObject),
            ...section,
          },
        },
      });
      replicas.push(replica);
      return replica;
    },
    callsSince() {
      const calls = sandbox.calls.calls().filter(call => !call.internal);
      sandbox.calls.reset();
      const names = (which: typeof calls) =>
        which.map(call => `${call.service}:${call.operation}`);
      return { all: names(calls), writes: names(calls.filter(c => c.write)) };
    },
    async stop() {
      await Promise.all(replicas.map(replica => replica.stop()));
      await sandbox.stop();
      restore();
    },
  };
}
