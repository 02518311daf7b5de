import {
  type CheckResult,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Store } from '../store';
import type { ObservedAssociation } from '../store/AssociationStore';
import type { ClusterState } from '../store/ClusterStateStore';
import type { StoredEvidence } from '../store/EvidenceStore';
import type { RefOpenChange } from '../store/OpenChangeStore';
import type { CurrentVerification } from '../store/OperationStore';
import type { ServiceAccountState } from '../store/ServiceAccountStore';

/** Between the end of a verification and its headline lie milliseconds; after this long something else went wrong. */
const RECORDING_MS = 5_000;

/** What the database has of some refs, by their written form. */
export interface Stored {
  verifications: Map<string, CurrentVerification>;
  openChanges: Map<string, RefOpenChange>;
  states: Map<string, ServiceAccountState>;
  associations: Map<string, ObservedAssociation>;
  clusterStates: Map<string, ClusterState>;
  reports: Map<string, VerificationReport>;
  /** Undefined where the portal does not read the use of identities. */
  evidence?: Map<string, StoredEvidence>;
}

/** @param options - `caller`: whose verifications are their own */
export async function readStored(
  refs: ServiceAccountRef[],
  options: { store: Store; caller: string; now: number; readsUse: boolean },
): Promise<Stored> {
  const { operations, serviceAccounts, associations, ...store } = options.store;
  // Asked before the headlines, or one could end unseen between the two.
  const verifications = await operations.currentVerifications(
    refs,
    options.caller,
    options.now - RECORDING_MS,
  );
  const [openChanges, states, found, clusterStates, evidence] =
    await Promise.all([
      store.openChanges.ofRefs(refs),
      serviceAccounts.findMany(refs),
      associations.findMany(refs),
      store.clusterStates.all(),
      options.readsUse ? store.evidence.findMany(refs) : undefined,
    ]);
  const reports = await store.reports.findMany(
    [...states.values()].flatMap(state =>
      [state.proofReportId, state.lookReportId].filter(
        (id): id is string => id !== undefined,
      ),
    ),
  );
  return {
    verifications,
    openChanges,
    states,
    associations: found,
    clusterStates,
    evidence,
    reports,
  };
}

/** All that runs have found about a ref and that may still be shown. */
export function foundIn(
  { states, reports }: Stored,
  ref: ServiceAccountRef,
): CheckResult[] {
  const {
    proofReportId = '',
    lookReportId = '',
    findings = [],
  } = states.get(stringifyServiceAccountRef(ref)) ?? {};
  return [
    ...findings,
    ...(reports.get(proofReportId)?.checks ?? []),
    ...(reports.get(lookReportId)?.checks ?? []),
  ];
}
