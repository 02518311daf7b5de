import type { V1ServiceAccount } from '@kubernetes/client-node';
import {
  foldEntityRef,
  FIELD_MANAGER,
  KUBERNETES_MARK_ANNOTATIONS,
  MANAGED_BY,
  MANAGED_BY_LABEL,
  MARK_TAGS,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ClusterConfig } from '../clusters/types';

/** What the marks of a ref are made of. */
export interface MarkSubject {
  portalId: string;
  cluster: Pick<ClusterConfig, 'name' | 'region'>;
  namespace: string;
  serviceAccount: string;
}

export type Tags = Record<string, string>;

/** Tag on an association of ours: names of roles that it pointed to before and that are still there. */
export const PREVIOUS_ROLES_TAG = 'backstage.io/previous-roles';

/** Text as AWS accepts it for a tag's value; what it does not accept becomes `_`. */
export function tagValue(text: string): string {
  return text.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '_').slice(0, 256);
}

function identityTags(subject: MarkSubject): Tags {
  return {
    [MARK_TAGS.managedBy]: MANAGED_BY,
    [MARK_TAGS.portal]: subject.portalId,
    [MARK_TAGS.cluster]: subject.cluster.name,
    [MARK_TAGS.region]: subject.cluster.region,
    [MARK_TAGS.namespace]: subject.namespace,
    [MARK_TAGS.serviceAccount]: subject.serviceAccount,
  };
}

/** All tags of a create call for a ref: further ones never win over marks. */
export function createTags(
  subject: MarkSubject,
  more: { tags: Tags; entityRef?: string; taskId?: string },
): Tags {
  return {
    ...more.tags,
    ...identityTags(subject),
    ...(more.entityRef
      ? { [MARK_TAGS.entityRef]: tagValue(more.entityRef) }
      : {}),
    ...(more.taskId ? { [MARK_TAGS.taskId]: tagValue(more.taskId) } : {}),
  };
}

/** Tags of something that belongs to a whole cluster (the agent). */
export function clusterTags(
  subject: MarkSubject,
  more: { tags: Tags; entityRef?: string; taskId?: string },
): Tags {
  const {
    [MARK_TAGS.namespace]: _namespace,
    [MARK_TAGS.serviceAccount]: _serviceAccount,
    ...tags
  } = createTags(subject, more);
  return tags;
}

/** Whose a tagged AWS resource is, seen from one ref. */
export type Ownership =
  /** Ours for exactly this ref. */
  | { kind: 'ours' }
  /** This portal's, for another ref. */
  | { kind: 'sibling'; entityRef?: string }
  /** The same suite's, in another portal. */
  | { kind: 'other-portal'; portal: string }
  | { kind: 'foreign' };

/** Reads the marks; only exact equality of all of them makes a resource ours. */
export function ownership(
  tags: Tags | undefined,
  subject: MarkSubject,
): Ownership {
  const found = tags ?? {};
  if (found[MARK_TAGS.managedBy] !== MANAGED_BY) return { kind: 'foreign' };
  if (found[MARK_TAGS.portal] !== subject.portalId) {
    return {
      kind: 'other-portal',
      portal: found[MARK_TAGS.portal] ?? 'one without a name',
    };
  }
  const same = Object.entries(identityTags(subject)).every(
    ([key, value]) => found[key] === value,
  );
  if (same) return { kind: 'ours' };
  return {
    kind: 'sibling',
    entityRef: found[MARK_TAGS.entityRef],
  };
}

/**
 * The owner in words, to follow "which belongs to". Whoever reads of a role may have no right to know of the
 * ServiceAccounts and components that it is for.
 */
export function ownerInWords(owner: Ownership): string {
  switch (owner.kind) {
    case 'ours':
      return 'this portal, for this very ServiceAccount';
    case 'sibling':
      return 'another ServiceAccount of this portal';
    case 'other-portal':
      return `another portal (${owner.portal})`;
    default:
      return 'somebody else: it does not carry the marks of this portal';
  }
}

/** The owner in words for somebody who may not know whose identities there are. */
export function strangerInWords(owner: Ownership): string {
  return owner.kind === 'sibling'
    ? 'this portal, but for another ServiceAccount'
    : ownerInWords(owner);
}

/** Entity refs are compared without regard to case, as the catalog does. */
export function sameEntity(a: string | undefined, b: string | undefined) {
  return !!a && !!b && foldEntityRef(a) === foldEntityRef(b);
}

/** True when this portal made the add-on of this cluster. */
export function ownsClusterResource(
  tags: Tags | undefined,
  subject: MarkSubject,
): boolean {
  const found = tags ?? {};
  return (
    found[MARK_TAGS.managedBy] === MANAGED_BY &&
    found[MARK_TAGS.portal] === subject.portalId &&
    found[MARK_TAGS.cluster] === subject.cluster.name &&
    found[MARK_TAGS.region] === subject.cluster.region
  );
}

/** Label and annotations of a Kubernetes object in its create call. */
export function kubernetesMarks(portalId: string, taskId?: string) {
  return {
    labels: { [MANAGED_BY_LABEL]: MANAGED_BY },
    annotations: {
      [KUBERNETES_MARK_ANNOTATIONS.portal]: portalId,
      ...(taskId ? { [KUBERNETES_MARK_ANNOTATIONS.taskId]: taskId } : {}),
    },
  };
}

/** Whose a ServiceAccount is: ours by its marks, unless somebody else has written to it since. */
export type ServiceAccountOwnership =
  | { kind: 'ours'; taskId?: string }
  | { kind: 'taken-over'; managers: string[] }
  | { kind: 'other-portal'; portal: string }
  | { kind: 'foreign' };

/** Reads label, annotations and `managedFields`. */
export function serviceAccountOwnership(
  serviceAccount: V1ServiceAccount,
  portalId: string,
): ServiceAccountOwnership {
  const { labels, annotations, managedFields } = serviceAccount.metadata ?? {};
  if (labels?.[MANAGED_BY_LABEL] !== MANAGED_BY) return { kind: 'foreign' };
  const portal = annotations?.[KUBERNETES_MARK_ANNOTATIONS.portal];
  if (portal !== portalId) {
    return { kind: 'other-portal', portal: portal ?? 'one without a name' };
  }
  const managers = [
    ...new Set((managedFields ?? []).map(entry => entry.manager ?? '')),
  ];
  if (managers.length !== 1 || managers[0] !== FIELD_MANAGER) {
    return {
      kind: 'taken-over',
      managers: managers.filter(manager => manager !== FIELD_MANAGER),
    };
  }
  return {
    kind: 'ours',
    taskId: annotations?.[KUBERNETES_MARK_ANNOTATIONS.taskId],
  };
}
