import type { ClusterOverview } from 'backstage-plugin-eks-pod-identity-common';
import type { Clusters } from 'eks-pod-identity-engine';
import type { Store } from '../store';

export type ClusterUse = NonNullable<ClusterOverview['evidence']>;

/** How far the use of identities was read, for the page of clusters. */
export class EvidenceProgress {
  readonly #store: Pick<Store, 'evidence'>;
  readonly #clusters: Clusters;

  constructor(store: Pick<Store, 'evidence'>, clusters: Clusters) {
    this.#store = store;
    this.#clusters = clusters;
  }

  /** By id of the cluster. */
  async progress(): Promise<Map<string, ClusterUse>> {
    const { evidence } = this.#store;
    const [counts, states] = await Promise.all([
      evidence.progress(),
      evidence.sweepStates(),
    ]);
    return new Map(
      this.#clusters.list().map(({ id, accountId, region }) => {
        const { state, reason } = states.get(`${accountId} ${region}`) ?? {
          state: 'unread',
          reason: undefined,
        };
        return [
          id,
          {
            state: state === 'off' ? 'unread' : state,
            reason,
            ...(counts.get(id) ?? { read: 0, total: 0 }),
          },
        ];
      }),
    );
  }
}
