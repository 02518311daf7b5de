import { setImmediate } from 'node:timers/promises';
import {
  type ServiceAccountRef,
  stringifyServiceAccountRef,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { FactProviders, Verification } from 'eks-pod-identity-engine';
import { isOpenNamespace } from 'eks-pod-identity-engine/portal';
import {
  type ContextDeps,
  operationContext,
} from '../operations/operationContext';
import type { SweepSearch } from '../status/changes';
import type { StatusRecorder } from '../status/StatusRecorder';
import type { Holder } from '../store';
import type { LastChanges } from '../store/ChangeStore';
import type { EntityLink } from '../store/EntityRefStore';
import type { RetryingStore } from '../store/retryingStore';

/** One look has this long at the most; a sweep reads nearly everything before. */
const LOOK_SECONDS = 30;
/** Looks that take long are stored after this time already. */
const STORE_AFTER_MS = 5_000;

export interface VerifyRefsOptions extends ContextDeps {
  store: RetryingStore;
  verification: Verification;
  recorder: StatusRecorder;
  /** Of a sweep alone: for what it searches after its end. */
  search?: SweepSearch;
  signal: AbortSignal;
}

/** What the sweep knows before it verifies refs. */
export interface SweepFacts {
  known: FactProviders;
  /** When that was observed, epoch milliseconds. */
  observedAt: number;
  /** When the association was last modified, where it was described; epoch milliseconds. */
  modifiedAt(ref: ServiceAccountRef): number | undefined;
  /** Reads the association again, if what is known of it is older than that; whether it is another now. */
  readAgain?(ref: ServiceAccountRef): Promise<boolean>;
}

/** What fails by the association that was known, or by the role that it named. */
const failsByAssociation = ({ checks }: VerificationReport) =>
  checks.some(
    ({ category, status }) =>
      status === 'fail' && (category === 'association' || category === 'role'),
  );

/** What the portal itself knows of a ref before it is verified. */
interface Before {
  changes?: LastChanges;
  links?: EntityLink[];
  holder?: Holder;
}

/**
 * Verifies refs without a pod, as far as their cluster's configuration lets a sweep go, and records what was seen. Reads
 * and writes the database for all of them together.
 *
 * @returns how many it got through, from the first on; fewer than all when looking takes long
 */
export async function verifyRefs(
  refs: ServiceAccountRef[],
  facts: SweepFacts,
  options: VerifyRefsOptions,
): Promise<number> {
  const { store, recorder, search, clock, signal } = options;
  const versions = await store.changes.versions(refs);
  const changes = await store.changes.lastOfMany(refs);
  const links = await store.entityRefs.ofRefs(refs);
  const holders = await store.owners.findMany(refs);
  const startedAt = clock.now();
  const reports: VerificationReport[] = [];
  for (const ref of refs) {
    signal.throwIfAborted();
    const key = stringifyServiceAccountRef(ref);
    const before = {
      changes: changes.get(key),
      links: links.get(key),
      holder: holders.get(key),
    };
    let report = await verifyRef(ref, before, facts, options);
    // Another tool may have changed it since it was described
    if (failsByAssociation(report) && (await facts.readAgain?.(ref))) {
      report = await verifyRef(ref, before, facts, options);
    }
    reports.push(report);
    if (clock.now() - startedAt >= STORE_AFTER_MS) break;
    // Most looks wait for nothing: without this, requests would wait for all of them.
    await setImmediate();
  }
  // Changed meanwhile: the change has recorded newer facts, and the next sweep verifies again.
  const after = await store.changes.versions(reports.map(({ ref }) => ref));
  const looks = reports.filter(({ ref }) => {
    const key = stringifyServiceAccountRef(ref);
    return after.get(key) === versions.get(key);
  });
  await search?.note(
    looks.map(look => {
      const key = stringifyServiceAccountRef(look.ref);
      return { look, version: versions.get(key), holder: holders.get(key) };
    }),
  );
  await recorder.recordLooks(looks);
  return reports.length;
}

async function verifyRef(
  ref: ServiceAccountRef,
  { changes, holder, links }: Before,
  { known, observedAt, modifiedAt }: SweepFacts,
  options: VerifyRefsOptions,
): Promise<VerificationReport> {
  const { verification, signal } = options;
  const changedAt = changes?.at;
  return verification.verify(
    {
      ref,
      entityRef: links?.find(link => link.source === 'aws-tag')?.entityRef,
      trigger: 'schedule',
      probe: probeFor(
        ref,
        Math.max(changedAt ?? 0, modifiedAt(ref) ?? 0),
        options,
      ),
      permissionChecks: [],
      timeoutSeconds: LOOK_SECONDS,
      changedAt,
    },
    await operationContext('sweep', options, {
      ref,
      signal,
      holder,
      lastAssociate: async () => changes?.associate,
    }),
    // What an operation changed since is asked for again, with all that hangs on it.
    changedAt && changedAt >= observedAt ? {} : known,
  );
}

/**
 * The namespaces of the guardrails hold for dry runs as they do for pods. A sweep does not wait for a change to reach
 * every API server, and does not call it a failure that it has not yet.
 */
function probeFor(
  ref: ServiceAccountRef,
  changedAt: number,
  { clusters, clock, config }: VerifyRefsOptions,
) {
  const cluster = clusters.get(ref.cluster);
  const isFresh = clock.now() - changedAt < config.timings.gateDeadline;
  return isFresh || !isOpenNamespace(ref.namespace, cluster)
    ? 'none'
    : cluster.sweep.probe;
}
