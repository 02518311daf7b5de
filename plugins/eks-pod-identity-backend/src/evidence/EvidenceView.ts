import {
  associationUpdatePermission,
  type Evidence,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
  type UseOfIdentity,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Clusters } from 'eks-pod-identity-engine';
import type { Authorizer } from '../permissions/Authorizer';
import type { Caller } from '../permissions/caller';
import { tryParseRef } from '../store';
import type { StoredEvidence } from '../store/EvidenceStore';

type Other = Evidence['others'][number];

const IRSA_SUBJECT = /^system:serviceaccount:([^:\s]+):([^:\s]+)/;

/** Shows what AWS recorded of an identity to one of its readers, who need not know who else uses its role. */
export class EvidenceView {
  readonly #authorizer: Authorizer;
  readonly #clusters: Clusters;

  constructor(options: { authorizer: Authorizer; clusters: Clusters }) {
    this.#authorizer = options.authorizer;
    this.#clusters = options.clusters;
  }

  async show(
    evidence: Evidence,
    stored: Pick<StoredEvidence, 'ref' | 'usedAt'>,
    caller: Caller,
    refreshing: boolean,
  ): Promise<UseOfIdentity> {
    const { sessions: _, seen: __, roleLastUsed: ___, ...shown } = evidence;
    const mayKnow = await this.#knowledge(evidence.others, stored.ref, caller);
    return {
      ...shown,
      others: evidence.others.map(({ name, ...other }) =>
        mayKnow({ ...other, name }) ? { ...other, name } : other,
      ),
      lastUsedAt:
        stored.usedAt === undefined
          ? undefined
          : new Date(stored.usedAt).toISOString(),
      refreshing,
    };
  }

  /**
   * Service accounts are named to those who may see them wherever the name may be meant; roles and people only to those
   * who may change the identity, so are answerable for its role. Instances and services of AWS are no secret of a team.
   */
  async #knowledge(others: Other[], ref: ServiceAccountRef, caller: Caller) {
    const meant = new Map(others.map(other => [other, this.#refsOf(other)]));
    const readable = new Set(
      (await this.#authorizer.readable([...meant.values()].flat(), caller)).map(
        stringifyServiceAccountRef,
      ),
    );
    const [mayUpdate] = await this.#authorizer.allowed(
      [{ permission: associationUpdatePermission, ref }],
      caller,
    );
    return (other: Other): boolean => {
      if (other.own) return true;
      switch (other.kind) {
        case 'pod-identity':
        case 'irsa': {
          const refs = this.#refsOf(other).map(stringifyServiceAccountRef);
          return refs.length > 0
            ? refs.every(each => readable.has(each))
            : mayUpdate &&
                other.kind === 'pod-identity' &&
                !/\//.test(other.name);
        }
        case 'node':
        case 'service':
          return true;
        default:
          return mayUpdate;
      }
    };
  }

  /** A cluster has its EKS name in events, and its OIDC issuer is not known by name: each that may be meant. */
  #refsOf({ kind, name }: Other): ServiceAccountRef[] {
    const clusters = this.#clusters.list();
    if (kind === 'irsa') {
      const [, namespace, serviceAccount] = IRSA_SUBJECT.exec(name) ?? [];
      if (!serviceAccount) return [];
      return clusters.map(({ id }) => ({
        cluster: id,
        namespace,
        serviceAccount,
      }));
    }
    const ref = kind === 'pod-identity' ? tryParseRef(name) : undefined;
    if (!ref) return [];
    return clusters
      .filter(cluster => cluster.name === ref.cluster)
      .map(({ id }) => ({ ...ref, cluster: id }));
  }
}
