import type { LoggerService } from '@backstage/backend-plugin-api';
import type {
  CheckResult,
  ServiceAccountRef,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  type Clock,
  type Clusters,
  type FactProviders,
  type EngineConfig,
  hashOf,
  isOpenNamespace,
  type Verification,
} from 'eks-pod-identity-engine';
import { operationContext } from '../operations/operationContext';
import type { EntityDirectory } from '../permissions/EntityDirectory';
import type { StatusRecorder } from '../status/StatusRecorder';
import type { RetryingStore } from '../store/retryingStore';

/** One look has this long at the most; a sweep reads nearly everything before. */
const LOOK_SECONDS = 30;

export interface VerifyRefOptions {
  store: RetryingStore;
  clusters: Clusters;
  config: EngineConfig;
  entities: EntityDirectory;
  verification: Verification;
  recorder: StatusRecorder;
  clock: Clock;
  logger: LoggerService;
  signal: AbortSignal;
}

/** What the sweep knows before it verifies one ref. */
export interface SweepFacts {
  known: FactProviders;
  /** When that was observed, epoch milliseconds. */
  observedAt: number;
  /** When the association was last modified, where it was described; epoch milliseconds. */
  modifiedAt(ref: ServiceAccountRef): number | undefined;
}

/**
 * Verifies one ref without a pod, as far as its cluster's configuration lets a sweep go. A report that says the same as
 * the last one is not stored, only its time is.
 */
export async function verifyRef(
  ref: ServiceAccountRef,
  { known, observedAt, modifiedAt }: SweepFacts,
  options: VerifyRefOptions,
): Promise<void> {
  const { store, verification, recorder, signal } = options;
  const version = await store.changes.version(ref);
  const changedAt = await store.changes.lastAt(ref);
  // What an operation changed since is asked for anew, with all that hangs on it.
  const current = changedAt && changedAt >= observedAt ? {} : known;
  const links = await store.entityRefs.ofRef(ref);
  const probe = probeFor(
    ref,
    Math.max(changedAt ?? 0, modifiedAt(ref) ?? 0),
    options,
  );
  const report = await verification.verify(
    {
      ref,
      entityRef: links.find(link => link.source === 'aws-tag')?.entityRef,
      trigger: 'schedule',
      probe,
      permissionChecks: [],
      timeoutSeconds: LOOK_SECONDS,
      changedAt,
    },
    await operationContext('sweep', options, { ref, signal }),
    current,
  );
  // Changed meanwhile: the change has recorded newer facts, and the next sweep verifies again.
  if ((await store.changes.version(ref)) !== version) return;
  const last = await store.reports.lastLook(ref);
  const same =
    last?.probe === probe && hashOf(seenBy(last)) === hashOf(seenBy(report));
  if (!same) await store.reports.insert(report);
  await recorder.refresh(
    ref,
    report.fingerprint,
    same ? Date.parse(report.finishedAt) : undefined,
  );
}

/**
 * The namespaces of the guardrails hold for dry runs as they do for pods. A sweep does not wait for a change to reach
 * every API server, and does not call it a failure that it has not yet.
 */
function probeFor(
  ref: ServiceAccountRef,
  changedAt: number,
  { clusters, clock, config }: VerifyRefOptions,
) {
  const cluster = clusters.get(ref.cluster);
  const isFresh = clock.now() - changedAt < config.timings.gateDeadline;
  return isFresh || !isOpenNamespace(ref.namespace, cluster)
    ? 'none'
    : cluster.sweep.probe;
}

/** What a report says, without when it was made and how long it took. */
function seenBy(report: VerificationReport) {
  const essence = ({ id, status, message, observed }: CheckResult) => ({
    id,
    status,
    message,
    observed,
  });
  return {
    status: report.status,
    fingerprint: report.fingerprint,
    checks: report.checks.map(essence),
  };
}
