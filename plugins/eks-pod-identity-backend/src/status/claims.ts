import type { Entity } from '@backstage/catalog-model';
import {
  isIdentityEntity,
  parsePodIdentityAnnotation,
  POD_IDENTITY_ANNOTATION,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { NAMESPACE_ANNOTATION } from '../permissions/EntityDirectory';

/** The service accounts that an entity's annotation claims. */
export interface EntityClaims {
  refs: ServiceAccountRef[];
  /** What is wrong with the annotation, in sentences. */
  problems: string[];
  /** The entity's own, where it names one. */
  namespace?: string;
  /** The entity stands for an identity: what it names is shown, and linked to nothing. */
  shownOnly?: true;
}

export function claimsOf(entity: Entity): EntityClaims {
  const { annotations } = entity.metadata;
  return {
    ...parsePodIdentityAnnotation(annotations?.[POD_IDENTITY_ANNOTATION]),
    namespace: annotations?.[NAMESPACE_ANNOTATION],
    ...(isIdentityEntity(entity) && { shownOnly: true }),
  };
}
