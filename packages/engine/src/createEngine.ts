import type { PodIdentityRoleNaming } from 'backstage-plugin-eks-pod-identity-common';
import { systemClock, type Clock } from './async/clock';
import type { Logger } from './async/logger';
import type { CallObserver } from './async/CallObserver';
import type { RateMemory } from './aws/callRate';
import type { AccountCredentials } from './aws/credentials';
import { createClusters } from './clusters/clusters';
import type { ReachKubernetes } from './clusters/session';
import type { ClusterConfig, Clusters, EngineConfig } from './clusters/types';
import type { ReadEvidence } from './evidence/types';
import { givingUpOnce } from './kubernetes/givingUp';
import { createLifecycle } from './lifecycle';
import { createMoves } from './move/operation/operations';
import type { MoveDeps, Moves } from './move/operation/types';
import type { Lifecycle } from './operationContext';
import {
  createVerification,
  type VerificationOptions,
} from './verification/run/createVerification';
import {
  sweepLeftovers,
  type SweepResult,
} from './verification/probe/sweepLeftovers';
import type { Verification } from './verification/run/verification';
import { type Voice } from './text/voice';

/** Everything the engine is built from. @public */
export interface EngineOptions {
  /** From `readEngineConfig`. */
  config: EngineConfig;
  /** Clusters that `config` does not name, from `readClusterDefinitions`. */
  moreClusters?: ClusterConfig[];
  /** Credentials of each account; in a portal `DefaultAwsCredentialsManager.fromConfig(rootConfig)`. */
  credentials: AccountCredentials;
  /** Default: as EKS tells, with a token for those credentials. */
  kubernetesAccess?: ReachKubernetes;
  /** Default: wall time. */
  clock?: Clock;
  logger: Logger;
  /** Receives every request to AWS and Kubernetes, retries included. */
  observer?: CallObserver;
  /** Where docs/checks.md is published; without it findings name the file. */
  docsUrl?: VerificationOptions['docsBaseUrl'];
  additionalChecks?: VerificationOptions['additionalChecks'];
  /** Replaces the built-in naming of roles. */
  roleNaming?: PodIdentityRoleNaming;
  /** What AWS recorded of the use of an identity; without it the checks of it say that it is off. */
  evidence?: ReadEvidence;
  /** Proofs stored by other processes; without it only proofs of this process are reused. */
  storedProofs?: VerificationOptions['storedProofs'];
  /** What earlier looks at a cluster saw of programs, for moves. */
  seenPrograms?: MoveDeps['seen'];
  /** Whose a service account is, for moves. */
  componentOf?: MoveDeps['componentOf'];
  /** What moves wrote into trust policies; without it they write none. */
  trustRecords?: MoveDeps['trusts'];
  /** Who speaks in sentences. Default: a portal. */
  voice?: Voice;
  /** What processes learnt of the rate of calls to IAM; without it this one learns for itself. */
  rates?: RateMemory;
}

/** Plans, applies and verifies. Made once per process: clients, token buckets and probe limits live in it. @public */
export interface Engine {
  clusters: Clusters;
  lifecycle: Lifecycle;
  moves: Moves;
  verification: Verification;
  /** Deletes probe pods of this portal that an interrupted verification left behind. */
  deleteLeftoverProbes(
    cluster: ClusterConfig,
    options: {
      signal: AbortSignal;
      /** Namespaces to search when the portal is not allowed to list pods across the cluster. */
      namespaces: string[];
    },
  ): Promise<SweepResult>;
  /** Closes idle connections; the engine cannot be used afterwards. */
  close(): Promise<void>;
}

/**
 * Creates the engine: the entry point of this package.
 *
 * @throws InputError when two clusters share an id
 * @public
 */
export function createEngine(options: EngineOptions): Engine {
  const { config, logger, observer, credentials } = options;
  const clock = options.clock ?? systemClock;
  const clusters = createClusters({
    config,
    more: options.moreClusters,
    credentials,
    clock,
    logger,
    observer,
    kubernetesAccess: options.kubernetesAccess,
    voice: options.voice,
    rates: options.rates,
  });
  const verification = createVerification({
    storedProofs: options.storedProofs,
    additionalChecks: options.additionalChecks,
    docsBaseUrl: options.docsUrl,
    evidence: options.evidence,
  });
  const lifecycle = createLifecycle({
    verification,
    roleNaming: options.roleNaming,
  });
  return {
    clusters,
    lifecycle,
    moves: createMoves({
      verification,
      evidence: options.evidence,
      seen: options.seenPrograms,
      componentOf: options.componentOf,
      trusts: options.trustRecords,
    }),
    verification,
    deleteLeftoverProbes: (cluster, { signal, namespaces }) =>
      givingUpOnce(() =>
        sweepLeftovers({
          session: clusters.session(cluster.id, 'verify'),
          portalId: config.portalId,
          clock,
          signal,
          namespaces,
        }),
      ),
    close: () => clusters.close(),
  };
}
