import type { V1ServiceAccount } from '../kubernetes/objects';
import {
  foldEntityRef,
  FIELD_MANAGER,
  KUBERNETES_MARK_ANNOTATIONS,
  MANAGED_BY,
  MANAGED_BY_LABEL,
  MARK_TAGS,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ClusterConfig } from '../clusters/types';
import { type Voice } from '../text/voice';

/** What the ownership tags of a ref are made from. @public */
export interface MarkSubject {
  portalId: string;
  cluster: Pick<ClusterConfig, 'name' | 'region'>;
  namespace: string;
  serviceAccount: string;
}

export type Tags = Record<string, string>;

/** Tag on our associations: names of earlier roles that still exist. */
export const PREVIOUS_ROLES_TAG = 'backstage.io/previous-roles';

/** Text as AWS accepts it in a tag value; other characters become `_`. */
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

/** All tags of a create call for a ref; ownership tags override all others. @public */
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

/** Owner of a tagged AWS resource, seen from one ref. */
export type Ownership =
  /** Ours for exactly this ref. */
  | { kind: 'ours' }
  /** This portal's, for another ref. */
  | { kind: 'sibling'; entityRef?: string }
  /** Written by this suite in another portal. */
  | { kind: 'other-portal'; portal: string }
  | { kind: 'foreign' };

/** Reads the ownership tags; a resource is ours only if all of them are exactly equal. @public */
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
 * The owner in words, to follow "which belongs to". Names no service account and no component: a reader of a role may
 * lack the right to see them.
 */
export function ownerInWords(owner: Ownership, voice: Voice): string {
  const { us, another } = voice;
  switch (owner.kind) {
    case 'ours':
      return `${us}, for this service account`;
    case 'sibling':
      return `another service account of ${us}`;
    case 'other-portal':
      return `${another} (${owner.portal})`;
    default:
      return `another owner: it does not carry the ownership tags of ${us}`;
  }
}

/** Compares entity refs without regard to case, as the catalog does. */
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

/**
 * Owner of a service account: ours by its label and annotations, unless another field manager has written to it
 * since.
 */
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
