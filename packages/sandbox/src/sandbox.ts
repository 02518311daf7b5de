import { createAwsSide } from './aws';
import { AwsDirect } from './aws/direct';
import { ClusterInput, ClusterRef } from './aws/direct/eks';
import { kubernetesBridge } from './aws/kubernetesBridge';
import { restoreAws, snapshotAws } from './aws/state/snapshot';
import { AwsState } from './aws/state/types';
import { SandboxClient } from './client/client';
import { controlApi } from './control/api';
import { ControlError } from './control/router';
import { builtInScenarios } from './control/scenarios';
import {
  CallCounter,
  ClusterKey,
  Delays,
  LatencyRules,
  SimulatedClock,
} from './core/contract';
import { createCore } from './core/core';
import {
  MAIN_ACCOUNT,
  MAIN_REGION,
  SandboxCredentials,
  seedAccounts,
} from './seed/accounts';
import { DEMO_CLUSTERS } from './seed/clusters';

/** How a sandbox starts. */
export interface SandboxOptions {
  /** Port of the AWS side; 0, the default, takes any free one. */
  port?: number;
  /** Seed of everything random; default 1. */
  seed?: number;
  /** Simulated milliseconds per wall millisecond; default 1, and 0 stops the clock. */
  clockRate?: number;
  /** Propagation delays, simulated milliseconds; default none. */
  delays?: Partial<Delays>;
  /** `demo`, the default: accounts and the demo's clusters. `empty`: the accounts alone. */
  scenario?: 'demo' | 'empty';
  /** Which clusters of the demo to start; default all three. */
  clusters?: string[];
  /** Gets one line for whatever a person should know. */
  log?: (line: string) => void;
}

/** How to reach the Kubernetes API of a cluster. */
export interface ClusterConnection extends ClusterKey {
  arn: string;
  endpoint: string;
  /** Base64 of PEM, as DescribeCluster shows it. */
  certificateAuthorityData: string;
}

/** A running sandbox. */
export interface Sandbox {
  /** Base URL of the AWS side, for `AWS_ENDPOINT_URL`. */
  awsEndpoint: string;
  /** Base URL of the control API. */
  controlUrl: string;
  region: string;
  accountId: string;
  clock: SimulatedClock;
  /** May be changed at any time. */
  delays: Delays;
  calls: CallCounter;
  latency: LatencyRules;
  /** Direct access to the AWS side's state. */
  aws: AwsDirect;
  credentials: SandboxCredentials;
  /** The same as other processes see it. */
  client: SandboxClient;
  /** How to reach the Kubernetes APIs, in the order in which the clusters were made. */
  connections(): ClusterConnection[];
  /** Makes a cluster on both sides. */
  createCluster(input: ClusterInput): Promise<ClusterKey>;
  /** Takes a cluster away on both sides. */
  deleteCluster(ref: ClusterRef): Promise<void>;
  /** Puts the state of the start back. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a sandbox on loopback.
 *
 * @throws the listen error, e.g. with code `EADDRINUSE`, when the port cannot be had
 */
export async function startSandbox(
  options: SandboxOptions = {},
): Promise<Sandbox> {
  const core = createCore({
    seed: options.seed,
    clockRate: options.clockRate,
    log: options.log,
  });
  let control: ReturnType<typeof controlApi> = async () => undefined;
  const { world, server } = createAwsSide(core, request => control(request));
  const aws = new AwsDirect(world, MAIN_ACCOUNT, MAIN_REGION);
  const credentials = seedAccounts(aws);
  kubernetesBridge(world);
  const port = await server.listen(options.port ?? 0);
  world.endpointUrl = `http://127.0.0.1:${port}`;

  const createCluster = async (input: ClusterInput): Promise<ClusterKey> => {
    const { accountId, region, name } = aws.eks.putCluster(input);
    return { accountId, region, name };
  };
  const deleteCluster = async (ref: ClusterRef) => {
    aws.eks.deleteCluster(ref);
  };
  const snapshots = new Map<string, { aws: AwsState; delays: Delays }>();
  const snapshot = (name: string) => {
    snapshots.set(name, {
      aws: snapshotAws(world),
      delays: { ...core.delays },
    });
  };
  const restore = async (name: string) => {
    const kept = snapshots.get(name);
    if (!kept) {
      throw new ControlError(`There is no snapshot ${name}.`, 404);
    }
    restoreAws(world, kept.aws);
    Object.assign(core.delays, kept.delays);
    core.latency.clear();
    core.calls.reset();
  };

  const wanted = options.clusters ?? DEMO_CLUSTERS.map(({ name }) => name);
  for (const cluster of options.scenario === 'empty' ? [] : DEMO_CLUSTERS) {
    if (wanted.includes(cluster.name)) {
      await createCluster({ ...cluster.input, name: cluster.name });
      await cluster.fill(aws, credentials);
    }
  }
  // Only from here on does anything take time to be seen.
  Object.assign(core.delays, options.delays);
  snapshot('start');

  control = controlApi({
    core,
    aws,
    credentials,
    scenarios: builtInScenarios(),
    direct: { aws },
    snapshot,
    restore,
    summary: () => ({
      awsEndpoint: world.endpointUrl,
      accounts: [...world.state.accounts.values()].map(account => ({
        id: account.id,
        alias: account.alias,
      })),
      clusters: world.clusters().map(cluster => ({
        accountId: cluster.accountId,
        region: cluster.region,
        name: cluster.name,
        status: cluster.status,
        associations: aws.eks.associations({
          accountId: cluster.accountId,
          region: cluster.region,
          name: cluster.name,
        }).length,
      })),
      clock: { now: core.clock.now(), rate: core.clock.rate },
      delays: core.delays,
      calls: core.calls.calls().length,
    }),
  });

  return {
    awsEndpoint: world.endpointUrl,
    controlUrl: `${world.endpointUrl}/_sandbox`,
    region: MAIN_REGION,
    accountId: MAIN_ACCOUNT,
    clock: core.clock,
    delays: core.delays,
    calls: core.calls,
    latency: core.latency,
    aws,
    credentials,
    client: new SandboxClient(world.endpointUrl),
    connections: () =>
      world.clusters().map(({ accountId, region, name, arn }) => ({
        accountId,
        region,
        name,
        arn,
        endpoint: '',
        certificateAuthorityData: '',
        ...world.kubernetes?.connection({ accountId, region, name }),
      })),
    createCluster,
    deleteCluster,
    reset: () => restore('start'),
    async stop() {
      core.clock.stop();
      await server.close();
    },
  };
}
