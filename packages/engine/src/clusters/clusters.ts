import { isDeepStrictEqual } from 'node:util';
import { NotFoundError } from '@backstage/errors';
import type { CallObserver } from '../async/CallObserver';
import { createAwsClients } from '../aws/clients';
import {
  accountCredentials,
  assumedRole,
  cachedCredentials,
  type AccountCredentials,
  type CredentialsProvider,
} from '../aws/credentials';
import { CallRate, type RateMemory } from '../aws/callRate';
import { TokenBucket } from '../aws/tokenBucket';
import type { Clock } from '../async/clock';
import { Memo } from '../async/memo';
import type { Logger } from '../async/logger';
import { assertDistinct } from './config';
import { type Described, type ReachKubernetes, Session } from './session';
import type {
  ClusterConfig,
  Clusters,
  ClusterSession,
  CredentialRole,
  EngineConfig,
} from './types';
import { type Voice } from '../text/voice';

export interface ClustersOptions {
  config: EngineConfig;
  /** Credentials of each account; in a portal `DefaultAwsCredentialsManager.fromConfig(rootConfig)`. */
  credentials: AccountCredentials;
  clock: Clock;
  /** By which calls are paced and made again; default `clock`. */
  paceClock?: Clock;
  logger: Logger;
  /** Receives every request to AWS and Kubernetes. */
  observer?: CallObserver;
  /** Clusters from cluster suppliers instead of app-config, complete with their guardrails. */
  more?: ClusterConfig[];
  kubernetesAccess?: ReachKubernetes;
  /** Default: a portal's. */
  voice?: Voice;
  /** What processes learnt of the rate of calls to IAM; without it each learns for itself. */
  rates?: RateMemory;
}

/** In the place of a role's ARN: clients with the credentials that assume the roles. */
const BEFORE_ROLES = 'before roles';

/** Create once per process: it holds sessions, SDK clients, credentials and token buckets. */
export function createClusters(options: ClustersOptions): Clusters {
  const { config, credentials, clock, logger, observer } = options;
  const { timings, pacing } = config;
  const paceClock = options.paceClock ?? clock;
  const timeouts = {
    requestTimeoutMs: timings.requestTimeout,
    connectTimeoutMs: timings.connectTimeout,
  };
  let all: ClusterConfig[] = [];
  const replace = (more: ClusterConfig[]) => {
    const next = [...config.clusters, ...more].map(cluster => {
      const made = {
        ...cluster,
        portalId: config.portalId,
        voice: options.voice,
        permissionsUrl: config.permissionsUrl,
      };
      // One that did not change stays the same object, and so keeps its sessions
      const known = all.find(({ id }) => id === made.id);
      return known && isDeepStrictEqual(known, made) ? known : made;
    });
    assertDistinct(
      next.map(cluster => ({ cluster, path: `cluster ${cluster.id}` })),
    );
    all = next;
  };
  replace(options.more ?? []);

  // A share for each replica rather than a lease: a call then waits for no database, and not for one that is away.
  const shareOf = (perSecond: number) => perSecond / pacing.replicas;
  const iamRateOf = (accountId: string) =>
    new CallRate({
      perSecond: shareOf(pacing.iamPerSecond),
      ...(pacing.iamMostPerSecond > pacing.iamPerSecond
        ? { most: shareOf(pacing.iamMostPerSecond) }
        : {}),
      clock: paceClock,
      memory: options.rates && {
        of: options.rates,
        accountId,
        processes: pacing.replicas,
        burst: pacing.burst,
        failed: error =>
          logger.debug('The rate of calls to IAM could not be kept', error),
      },
      onThrottled: (perSecond, burst) => {
        const atOnce = Math.max(1, Math.floor(shareOf(pacing.burst) * burst));
        logger.info(
          `AWS throttled calls to IAM in account ${accountId}: this process makes ${perSecond.toFixed(
            1,
          )} a second and ${atOnce} at once from here on, and more as AWS allows it`,
        );
      },
    });
  const bucketOf = (perSecond: number | CallRate, burst = pacing.burst) =>
    new TokenBucket({
      perSecond,
      burst: burst / pacing.replicas,
      backOffMs: timings.retryPause,
      clock: paceClock,
    });
  const eksBuckets = new Memo<string, TokenBucket>();
  const iamBuckets = new Memo<string, TokenBucket>();
  const cloudTrailBuckets = new Memo<string, TokenBucket>();
  const accounts = new Memo<string, CredentialsProvider>();
  const assumed = new Memo<string, CredentialsProvider>();
  const clients = new Memo<string, ReturnType<typeof createAwsClients>>();
  // Those of a cluster that is gone, or has other settings now, end with the work that still uses them: connections close
  // by themselves after seconds without a request
  const held = new WeakMap<
    ClusterConfig,
    { described: Described; sessions: Memo<CredentialRole, Session> }
  >();
  const heldOf = (cluster: ClusterConfig) => {
    const made = held.get(cluster) ?? { described: {}, sessions: new Memo() };
    held.set(cluster, made);
    return made;
  };

  const baseOf = (
    cluster: ClusterConfig,
    forRole: boolean,
  ): CredentialsProvider =>
    accounts.get(`${cluster.accountId} ${forRole}`, () =>
      cachedCredentials(
        clock,
        accountCredentials(credentials, cluster, {
          forRole,
          clock,
          retryPauseMs: timings.retryPause,
          ...timeouts,
        }),
      ),
    );

  const clientsOf = (
    { accountId, region }: Pick<ClusterConfig, 'accountId' | 'region'>,
    roleArn: string | undefined,
    provider: CredentialsProvider,
  ) =>
    clients.get(`${accountId} ${region} ${roleArn ?? ''}`, () =>
      createAwsClients({
        region,
        credentials: provider,
        eksBucket: eksBuckets.get(`${accountId} ${region}`, () =>
          bucketOf(shareOf(pacing.eksPerSecond)),
        ),
        iamBucket: iamBuckets.get(accountId, () =>
          bucketOf(iamRateOf(accountId)),
        ),
        cloudTrailBucket: cloudTrailBuckets.get(`${accountId} ${region}`, () =>
          // AWS answers so many a second and no burst.
          bucketOf(shareOf(pacing.cloudTrailPerSecond), 1),
        ),
        ...timeouts,
        clock: paceClock,
        retryPauseMs: timings.retryPause,
        observer,
      }),
    );

  const makeSession = (
    cluster: ClusterConfig,
    role: CredentialRole,
  ): Session => {
    const { accountId, region } = cluster;
    const roleArn = cluster.roles[role];
    const base = baseOf(cluster, roleArn !== undefined);
    const provider = roleArn
      ? assumed.get(`${roleArn} ${region}`, () =>
          assumedRole({
            base,
            roleArn,
            accountId,
            region,
            clock,
            setting:
              options.voice?.flags?.roles ??
              `roles.${role} of cluster ${cluster.id}`,
            voice: options.voice,
            ...timeouts,
            retryPauseMs: timings.retryPause,
          }),
        )
      : base;
    const aws = clientsOf(cluster, roleArn, provider);
    logger.debug(
      `Cluster ${cluster.id}: ${role} calls use ${
        roleArn ?? `the credentials of account ${accountId}`
      }`,
    );
    return new Session({
      cluster,
      role,
      aws,
      cloudTrailIn: elsewhere =>
        clientsOf({ accountId, region: elsewhere }, roleArn, provider)
          .cloudtrail,
      credentials: provider,
      timings,
      clock,
      observer,
      described: heldOf(cluster).described,
      kubernetesAccess: options.kubernetesAccess,
    });
  };

  const over = (those: () => ClusterConfig[]): Clusters => {
    const get = (id: string): ClusterConfig => {
      const cluster = those().find(candidate => candidate.id === id);
      if (cluster) return cluster;
      // The reader may lack the right to see the other clusters.
      throw new NotFoundError(
        `There is no cluster "${id}": eksPodIdentity.clusters does not name it`,
      );
    };
    return {
      list: () => [...those()],
      get,
      session(id, role): ClusterSession {
        const cluster = get(id);
        return heldOf(cluster).sessions.get(role, () =>
          makeSession(cluster, role),
        );
      },
      principal(id) {
        const cluster = get(id);
        const forRole = Object.values(cluster.roles).some(Boolean);
        return clientsOf(
          cluster,
          forRole ? BEFORE_ROLES : undefined,
          baseOf(cluster, forRole),
        );
      },
      snapshot() {
        const now = those();
        return over(() => now);
      },
      replace,
      async close() {
        await Promise.all(
          all.flatMap(cluster =>
            heldOf(cluster)
              .sessions.values()
              .map(session => session.close()),
          ),
        );
        for (const made of clients.values()) made.destroy();
      },
    };
  };
  return over(() => all);
}
