import { createAwsSide } from './aws';
import { AwsDirect } from './aws/direct';
import { ClusterInput } from './aws/direct/eks';
import { kubernetesBridge } from './aws/kubernetesBridge';
import {
  CallCounter,
  ClusterKey,
  Delays,
  LatencyRules,
  SimulatedClock,
} from './core/contract';
import { createCore } from './core/core';
import { NO_DELAYS } from './core/delays';
import {
  MAIN_ACCOUNT,
  MAIN_REGION,
  SandboxCredentials,
  seedAccounts,
} from './seed';

/** How a sandbox starts. */
export interface SandboxOptions {
  /** Port of the AWS side; 0, the default, takes any free one. */
  port?: number;
  /** Seed of everything random. */
  seed?: number;
  /** Simulated milliseconds per wall millisecond; default 1, and 0 stops the clock. */
  clockRate?: number;
  /** Propagation delays; default none. */
  delays?: Partial<Delays>;
  /** Gets one line for whatever a person should know. */
  log?: (line: string) => void;
}

/** A running sandbox. */
export interface Sandbox {
  /** Base URL of the AWS side, for `AWS_ENDPOINT_URL`. */
  awsEndpoint: string;
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
  /** Makes a cluster on both sides. */
  createCluster(input: ClusterInput): Promise<ClusterKey>;
  stop(): Promise<void>;
}

/** Starts a sandbox on loopback. */
export async function startSandbox(
  options: SandboxOptions = {},
): Promise<Sandbox> {
  const core = createCore({
    seed: options.seed,
    clockRate: options.clockRate,
    delays: NO_DELAYS,
    log: options.log,
  });
  const { world, server } = createAwsSide(core, async () => undefined);
  const aws = new AwsDirect(world, MAIN_ACCOUNT, MAIN_REGION);
  const credentials = seedAccounts(aws);
  kubernetesBridge(world);
  const port = await server.listen(options.port ?? 0);
  world.endpointUrl = `http://127.0.0.1:${port}`;
  Object.assign(core.delays, options.delays);
  return {
    awsEndpoint: world.endpointUrl,
    region: MAIN_REGION,
    accountId: MAIN_ACCOUNT,
    clock: core.clock,
    delays: core.delays,
    calls: core.calls,
    latency: core.latency,
    aws,
    credentials,
    async createCluster(input) {
      const { accountId, region, name } = aws.eks.putCluster(input);
      return { accountId, region, name };
    },
    async stop() {
      core.clock.stop();
      await server.close();
    },
  };
}
