import type { Entity } from '@backstage/catalog-model';
import {
  parsePodIdentityAnnotation,
  POD_IDENTITY_ANNOTATION,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';

/** More refs than this on one entity are a mistake in its annotation; the rest are not verified. */
const MAX_REFS = 100;

/** Of the Kubernetes plugin: the namespace that an entity runs in. */
const NAMESPACE_ANNOTATION = 'backstage.io/kubernetes-namespace';

/** The service accounts that an entity's annotation claims. */
export interface EntityClaims {
  refs: ServiceAccountRef[];
  /** What is wrong with the annotation, in sentences. */
  problems: string[];
  /** The entity's own, where it names one. */
  namespace?: string;
}

export function claimsOf(entity: Entity): EntityClaims {
  const { refs, problems } = parsePodIdentityAnnotation(
    entity.metadata.annotations?.[POD_IDENTITY_ANNOTATION],
  );
  const namespace = entity.metadata.annotations?.[NAMESPACE_ANNOTATION];
  if (refs.length <= MAX_REFS) return { refs, problems, namespace };
  return {
    namespace,
    refs: refs.slice(0, MAX_REFS),
    problems: [
      ...problems,
      `Only the first ${MAX_REFS} of ${refs.length} references are shown`,
    ],
  };
}
