import { createAwsSide } from './aws';
import { AwsDirect } from './aws/direct';
import { ClusterRef } from './aws/direct/eks';
import { kubernetesBridge } from './aws/kubernetesBridge';
import { AwsSnapshot, restoreAws, snapshotAws } from './aws/snapshot';
import { SandboxClient } from './client/client';
import {
  ClusterConnection,
  Clusters,
  ClustersSnapshot,
  NewCluster,
} from './clusters';
import { controlApi } from './control/api';
import { ControlError } from './core/controlError';
import {
  CallCounter,
  ClusterKey,
  Delays,
  FaultRules,
  LatencyRules,
  SimulatedClock,
} from './core/contract';
import { createCore } from './core/core';
import type { IssuedSecrets } from './core/secrets';
import type { Holds } from './core/holds';
import { FleetSize, fillFleet, fleetClusters } from './fleet';
import {
  KubernetesClusterHandle,
  KubernetesSide,
  createKubernetesSide,
} from './kubernetes';
import { SCENARIOS } from './scenarios';
import {
  MAIN_ACCOUNT,
  MAIN_REGION,
  SandboxCredentials,
  seedAccounts,
} from './seed/accounts';
import {
  DEMO_CLUSTERS,
  FILLED_LATER,
  STAGING,
  WAREHOUSE,
} from './seed/clusters';
import { breakStaging } from './staging';
import { fillWarehouse } from './warehouse';
import { PortalRights, seedWorkloads } from './seed/workloads';
import { partitionOf } from './core/partition';

/** Options of a new sandbox. */
export interface SandboxOptions {
  /** Port of the AWS side; 0, the default, takes any free one. */
  port?: number;
  /** Seed of all randomness; default 1. */
  seed?: number;
  /** Simulated milliseconds per wall millisecond; default 1, and 0 stops the clock. */
  clockRate?: number;
  /** Propagation delays, simulated milliseconds; default none. */
  delays?: Partial<Delays>;
  /** Region of what names no other; its partition is that of all accounts. Default eu-west-1. */
  region?: string;
  /** `demo`, the default, has accounts and the demo's clusters; `empty` has the accounts only. */
  scenario?: 'demo' | 'empty';
  /**
   * Clusters of the demo to start; default all but shop-staging, where every identity is broken, and warehouse-prod, which
   * lives on IRSA.
   */
  clusters?: string[];
  /** Further clusters, named fleet-1 and so on, that live on IRSA; default none. */
  fleet?: FleetSize;
  /** Kubernetes rights of the portal's roles in the demo's clusters; default `documented`. */
  rights?: PortalRights;
  /** Receives one line for each event worth reporting. */
  log?: (line: string) => void;
}

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
  faults: FaultRules;
  /** Every key and token that it issued or accepted since it started. */
  secrets: IssuedSecrets;
  /** Stops writes before or after they take effect. */
  holds: Holds;
  /** Direct access to the AWS side's state. */
  aws: AwsDirect;
  /** The Kubernetes side. */
  kubernetes: KubernetesSide;
  credentials: SandboxCredentials;
  /** The client that other processes use. */
  client: SandboxClient;
  /** Direct access to one cluster's Kubernetes side. */
  cluster(ref: ClusterRef): KubernetesClusterHandle;
  /** How to reach the Kubernetes APIs, in the order of the clusters' creation. */
  connections(): ClusterConnection[];
  /** Creates a cluster on both sides. */
  createCluster(input: NewCluster): Promise<ClusterKey>;
  /** Deletes a cluster on both sides. */
  deleteCluster(ref: ClusterRef): Promise<void>;
  /** Restores the state after start-up, delays included; the clock keeps its time. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

interface Snapshot {
  aws: AwsSnapshot;
  clusters: ClustersSnapshot;
  delays: Delays;
}

/**
 * Starts a sandbox on loopback.
 *
 * @throws the listen error, e.g. with code `EADDRINUSE`, when the port is not available
 */
export async function startSandbox(
  options: SandboxOptions = {},
): Promise<Sandbox> {
  const core = createCore({
    seed: options.seed,
    clockRate: options.clockRate,
    // With further rights the roles do what the portal does not
    rightsFile:
      options.rights === 'recorded'
        ? undefined
        : process.env.EKS_SANDBOX_RIGHTS_FILE,
    log: options.log,
  });
  let control: ReturnType<typeof controlApi> = async () => undefined;
  const region = options.region ?? MAIN_REGION;
  const { world, server } = createAwsSide(
    core,
    request => control(request),
    partitionOf(region),
  );
  const aws = new AwsDirect(world, MAIN_ACCOUNT, region);
  const credentials = seedAccounts(aws);
  const kubernetes = createKubernetesSide(core);
  kubernetes.attach(kubernetesBridge(world));
  world.kubernetes = kubernetes;
  const clusters = new Clusters(world, aws, kubernetes);
  const port = await server.listen(options.port ?? 0);
  world.endpointUrl = `http://127.0.0.1:${port}`;

  const snapshots = new Map<string, Snapshot>();
  const snapshot = (name: string) => {
    snapshots.set(name, {
      aws: snapshotAws(world),
      clusters: clusters.snapshot(),
      delays: { ...core.delays },
    });
  };
  const restore = async (name: string) => {
    const kept = snapshots.get(name);
    if (!kept) {
      throw new ControlError(`There is no snapshot ${name}.`, 404);
    }
    restoreAws(world, kept.aws);
    await clusters.restore(kept.clusters);
    Object.assign(core.delays, kept.delays);
    core.latency.clear();
    core.faults.clear();
    core.holds.set(undefined);
    core.calls.reset();
  };

  const wanted =
    options.clusters ??
    DEMO_CLUSTERS.map(({ name }) => name).filter(
      name => !FILLED_LATER.includes(name),
    );
  const demo = options.scenario === 'empty' ? [] : DEMO_CLUSTERS;
  const fleet = options.fleet ? fleetClusters(options.fleet) : [];
  for (const cluster of [
    ...demo.filter(({ name }) => wanted.includes(name)),
    ...fleet,
  ]) {
    const { name, input } = cluster;
    await clusters.create({
      ...input,
      name,
      kubernetes: cluster.kubernetes(region),
    });
    await cluster.fill(aws, credentials);
    await seedWorkloads(
      name,
      clusters.handle(name),
      options.rights ?? 'documented',
    );
  }
  const context = {
    core,
    aws,
    credentials,
    cluster: (ref: ClusterRef) => clusters.handle(ref),
  };
  if (demo.length > 0 && wanted.includes(STAGING)) {
    await breakStaging(context);
  }
  if (demo.length > 0 && wanted.includes(WAREHOUSE)) {
    await fillWarehouse(context);
  }
  for (const { name } of fleet) {
    await fillFleet(context, name, {
      ...options.fleet!,
      seed: options.seed ?? 1,
      endpoint: world.endpointUrl,
    });
  }
  // Delays apply and calls count only from here on.
  Object.assign(core.delays, options.delays);
  core.calls.reset();
  snapshot('start');

  control = controlApi({
    ...context,
    scenarios: SCENARIOS,
    snapshot,
    restore,
    summary: () => ({
      awsEndpoint: world.endpointUrl,
      accounts: [...world.state.accounts.values()].map(({ id, alias }) => ({
        id,
        alias,
      })),
      clusters: clusters.connections().map(connection => ({
        ...connection,
        status: aws.eks.cluster(connection).status,
        associations: aws.eks.associations(connection).length,
      })),
      clock: { now: core.clock.now(), rate: core.clock.rate },
      delays: core.delays,
      calls: core.calls.calls().length,
    }),
  });

  return {
    awsEndpoint: world.endpointUrl,
    controlUrl: `${world.endpointUrl}/_sandbox`,
    region,
    accountId: MAIN_ACCOUNT,
    clock: core.clock,
    delays: core.delays,
    calls: core.calls,
    latency: core.latency,
    faults: core.faults,
    secrets: core.secrets,
    holds: core.holds,
    aws,
    kubernetes,
    credentials,
    client: new SandboxClient(world.endpointUrl),
    cluster: ref => clusters.handle(ref),
    connections: () => clusters.connections(),
    createCluster: input => clusters.create(input),
    deleteCluster: ref => clusters.delete(ref),
    reset: () => restore('start'),
    async stop() {
      await kubernetes.stop();
      core.clock.stop();
      await server.close();
    },
  };
}
