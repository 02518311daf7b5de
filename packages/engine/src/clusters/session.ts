import type { Cluster } from '@aws-sdk/client-eks';
import {
  NotAllowedError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';
import type { CallObserver } from '../async/CallObserver';
import type { CredentialsProvider } from '../aws/credentials';
import { currentCaller } from '../aws/caller';
import { describeCluster } from '../aws/cluster';
import type { AwsClients } from '../aws/types';
import type { Clock } from '../async/clock';
import { raceAbort } from '../async/raceAbort';
import { createKubernetesApi } from '../kubernetes/api';
import { createTokenSource } from '../aws/eksToken';
import type { KubernetesAccess } from '../kubernetes/kubeconfig';
import type { TokenSource } from '../kubernetes/transport';
import type { KubernetesApi } from '../kubernetes/types';
import type {
  ClusterConfig,
  ClusterSession,
  CredentialRole,
  EngineConfig,
} from './types';
import { settingOf, voiceOf } from '../text/voice';
import { capitalised } from '../text/capitalised';

/** How long an answer of DescribeCluster is cached. */
const DESCRIBE_TTL_MS = 10_000;

/** The last answer of DescribeCluster, which is the same for each credential role. */
export interface Described {
  last?: { at: number; cluster: Cluster };
}

export interface SessionOptions {
  cluster: ClusterConfig;
  role: CredentialRole;
  aws: AwsClients;
  cloudTrailIn: ClusterSession['cloudTrailIn'];
  credentials: CredentialsProvider;
  timings: EngineConfig['timings'];
  clock: Clock;
  observer?: CallObserver;
  /** Shared by the sessions of the cluster. */
  described: Described;
  kubernetesAccess?: ReachKubernetes;
}

/** Reaches the Kubernetes API of a cluster otherwise than as EKS tells; undefined of those that EKS tells. @public */
export type ReachKubernetes = (
  cluster: ClusterConfig,
) => Promise<KubernetesAccess> | undefined;

type ConnectedApi = KubernetesApi & { close(): Promise<void> };

/** One cluster under one credential role. */
export class Session implements ClusterSession {
  readonly cluster: ClusterConfig;
  readonly role: CredentialRole;
  readonly aws: AwsClients;
  readonly cloudTrailIn: ClusterSession['cloudTrailIn'];
  readonly #tokens: TokenSource;
  /** By caller: another one's request may still wait for its turn. */
  readonly #describing = new Map<string, Promise<Cluster>>();
  #connected?: { key: string; api: ConnectedApi };
  readonly #retired: ConnectedApi[] = [];

  readonly #options: SessionOptions;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.cluster = options.cluster;
    this.role = options.role;
    this.aws = options.aws;
    this.cloudTrailIn = options.cloudTrailIn;
    this.#tokens = createTokenSource({
      clusterName: options.cluster.name,
      region: options.cluster.region,
      credentials: options.credentials,
      clock: options.clock,
    });
  }

  async describeCluster(
    options: { signal?: AbortSignal; fresh?: boolean } = {},
  ): Promise<Cluster> {
    const { signal, fresh } = options;
    signal?.throwIfAborted();
    const kept = this.#options.described.last;
    if (
      !fresh &&
      kept &&
      this.#options.clock.now() - kept.at < DESCRIBE_TTL_MS
    ) {
      return kept.cluster;
    }
    // A fresh read must not share a request that began before it.
    const { lane, key } = currentCaller();
    const caller = `${lane} ${key}`;
    let work = this.#describing.get(caller);
    if (fresh || !work) {
      // No signal: other callers share this request, and one caller's abort must not end it.
      const begun: Promise<Cluster> = this.#describe().finally(() => {
        if (this.#describing.get(caller) === begun) {
          this.#describing.delete(caller);
        }
      });
      this.#describing.set(caller, begun);
      work = begun;
    }
    return signal ? raceAbort(work, signal) : work;
  }

  async kubernetes(
    options: { signal?: AbortSignal } = {},
  ): Promise<KubernetesApi> {
    const { cluster, timings, clock, observer } = this.#options;
    if (cluster.kubernetes.access === 'none') {
      const voice = voiceOf(cluster);
      throw new NotAllowedError(
        `${capitalised(voice.me)} does not use the Kubernetes API of cluster ${
          cluster.id
        }: it is configured with ${settingOf(
          voice,
          'kubernetes.access: none',
        )}`,
      );
    }
    const access = await (this.#options.kubernetesAccess?.(cluster) ??
      this.#accessByEks(options));
    const key = `${access.endpoint} ${access.ca}`;
    if (this.#connected?.key !== key) {
      // Calls in flight keep the old connections, which the session closes when it ends.
      if (this.#connected) this.#retired.push(this.#connected.api);
      this.#connected = {
        key,
        api: createKubernetesApi({
          ...access,
          clock,
          requestTimeoutMs: timings.requestTimeout,
          connectTimeoutMs: timings.connectTimeout,
          retryPauseMs: timings.retryPause,
          observer,
        }),
      };
    }
    return this.#connected.api;
  }

  async close(): Promise<void> {
    const apis = [...this.#retired.splice(0), this.#connected?.api];
    this.#connected = undefined;
    await Promise.all(apis.map(api => api?.close()));
  }

  async #accessByEks(options: {
    signal?: AbortSignal;
  }): Promise<KubernetesAccess> {
    const { endpoint, certificateAuthority, status } =
      await this.describeCluster(options);
    const data = certificateAuthority?.data;
    if (!endpoint || !data) {
      throw new ServiceUnavailableError(
        `Cluster ${this.cluster.id} has no Kubernetes endpoint yet (EKS says ${
          status ?? 'nothing about its status'
        }): run it again once it is ACTIVE`,
      );
    }
    return {
      endpoint,
      ca: Buffer.from(data, 'base64').toString('utf8'),
      token: this.#tokens,
    };
  }

  async #describe(): Promise<Cluster> {
    const { cluster, clock, described } = this.#options;
    const { my, settings } = voiceOf(cluster);
    const answer = await describeCluster(this);
    if (!answer) {
      throw new NotFoundError(
        `There is no EKS cluster ${cluster.name} in ${cluster.region} of account ${cluster.accountId}, which ${settings} names "${cluster.id}": correct name, region or accountId there, or remove the entry if the cluster was deleted`,
      );
    }
    if (answer.arn && answer.arn !== cluster.arn) {
      // These keys belong to another account with a cluster of the same name: never use them.
      throw new NotAllowedError(
        `${capitalised(my)} credentials for account ${cluster.accountId} see ${
          answer.arn
        } instead of ${
          cluster.arn
        }: they belong to another account or partition. Correct aws.accounts in ${settings}, or accountId and region of cluster ${
          cluster.id
        }`,
      );
    }
    described.last = { at: clock.now(), cluster: answer };
    return answer;
  }
}
