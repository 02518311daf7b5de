import { ConfigReader } from '@backstage/config';
import { DefaultAwsCredentialsManager } from '@backstage/integration-aws-node';
import type { Sandbox } from 'eks-sandbox';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import { silentLogger } from '../../async/__testUtils__/silentLogger';
import type { Clock } from '../../async/clock';
import { systemClock } from '../../async/clock';
import { createClusters } from '../clusters';
import { readEngineConfig } from '../config';
import type { ReachKubernetes } from '../session';
import type { Clusters, EngineConfig } from '../types';

interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface PortalOptions {
  sandbox: Pick<Sandbox, 'accountId' | 'region'>;
  /** Keys of aws.mainAccount; default: the administrator's. */
  keys?: Keys;
  /** Further sections of `aws:`. */
  aws?: Record<string, unknown>;
  clusters?: Array<Record<string, unknown>>;
  /** Further keys of `eksPodIdentity:`. */
  section?: Record<string, unknown>;
  clock?: Clock;
  /** Of the pace, and of the pauses before a call is made again. */
  paceClock?: Clock;
  kubernetesAccess?: ReachKubernetes;
}

/** One request to AWS or Kubernetes as the observer received it. */
export interface SeenCall {
  service: string;
  operation: string;
  outcome: string;
}

/** Clusters as a portal with this app-config creates them. */
export function portal(options: PortalOptions): {
  clusters: Clusters;
  config: EngineConfig;
  calls: SeenCall[];
} {
  const { sandbox } = options;
  const root = new ConfigReader({
    app: { baseUrl: 'https://portal.example.com' },
    aws: {
      ...(options.keys
        ? { mainAccount: { region: sandbox.region, ...options.keys } }
        : {}),
      ...options.aws,
    },
    eksPodIdentity: {
      clusters: (options.clusters ?? [{ name: 'payments-prod' }]).map(
        cluster => ({
          region: sandbox.region,
          accountId: sandbox.accountId,
          ...cluster,
        }),
      ),
      ...options.section,
      timings: {
        requestTimeout: PATIENCE_MS,
        connectTimeout: PATIENCE_MS,
        ...(options.section?.timings as object | undefined),
      },
    },
  } as any);
  const calls: SeenCall[] = [];
  const config = readEngineConfig(root);
  const clusters = createClusters({
    config,
    kubernetesAccess: options.kubernetesAccess,
    credentials: DefaultAwsCredentialsManager.fromConfig(root),
    clock: options.clock ?? systemClock,
    paceClock: options.paceClock,
    logger: silentLogger,
    observer: {
      onCall: (service, operation, outcome) =>
        calls.push({ service, operation, outcome }),
    },
  });
  return { clusters, config, calls };
}
