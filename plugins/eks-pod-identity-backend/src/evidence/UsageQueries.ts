import {
  noEvidence,
  type ServiceAccountRef,
  type UseOfIdentity,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clusters } from 'eks-pod-identity-engine';
import { type Caller, initiatorOf } from '../permissions/caller';
import type { Store } from '../store';
import type { EvidenceReader } from './EvidenceReader';
import type { EvidenceView } from './EvidenceView';

export interface UsageQueriesOptions {
  store: Pick<Store, 'evidence'>;
  clusters: Clusters;
  /** Undefined where the portal does not read it. */
  reader?: EvidenceReader;
  view: EvidenceView;
  /** Open cards ask again. */
  changed(ref: ServiceAccountRef): Promise<void>;
}

/** What a page shows of the use of one identity: from the database, while the portal searches what is new. */
export class UsageQueries {
  readonly #options: UsageQueriesOptions;

  constructor(options: UsageQueriesOptions) {
    this.#options = options;
  }

  /** The caller may read the identity. */
  async of(
    ref: ServiceAccountRef,
    caller: Caller,
    { refresh } = { refresh: false },
  ): Promise<UseOfIdentity> {
    const { changed, clusters, reader, store, view } = this.#options;
    const isKnown = clusters.list().some(({ id }) => id === ref.cluster);
    if (!reader || !isKnown) {
      return view.show(noEvidence('off'), { ref }, caller, false);
    }
    const refreshing =
      refresh &&
      (await reader.refresh(ref, initiatorOf(caller).name, () => changed(ref)));
    const stored = await store.evidence.find(ref);
    const evidence = stored?.evidence ?? (await this.#unread(ref));
    return view.show(evidence, stored ?? { ref }, caller, refreshing);
  }

  /** Why there is nothing: not yet, or AWS refuses it. */
  async #unread(ref: ServiceAccountRef) {
    const { clusters, store } = this.#options;
    const { state, reason } = await store.evidence.sweepState(
      clusters.get(ref.cluster),
    );
    return noEvidence(state === 'denied' ? 'denied' : 'unread', reason);
  }
}
