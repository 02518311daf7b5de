import {
  type Identity,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { EntityLink } from '../store/EntityRefStore';

/** A ref that a card is about, and what links it to the entity. */
export interface KnownRef {
  ref: ServiceAccountRef;
  sources: Identity['sources'];
  ownsNamespace?: true;
  /** Some entity is linked to it, the one that is shown or another. */
  isLinked?: boolean;
}

/**
 * By annotation and by our AWS tag, which is there right after a template ran.
 *
 * @param open - refs that were to be set up for the entity, linked to it or not
 */
export function knownRefs(
  links: EntityLink[],
  open: ServiceAccountRef[],
): KnownRef[] {
  const known = new Map<string, KnownRef>();
  for (const { ref, source, ownsNamespace } of links) {
    const key = stringifyServiceAccountRef(ref);
    const entry = known.get(key) ?? { ref, sources: [] };
    entry.sources.push(source);
    entry.ownsNamespace ??= ownsNamespace;
    known.set(key, entry);
  }
  for (const ref of open) {
    const key = stringifyServiceAccountRef(ref);
    if (!known.has(key)) known.set(key, { ref, sources: [] });
  }
  return [...known.values()];
}

/**
 * Refs that are shown whatever entity they belong to.
 *
 * @param links - by written ref
 */
export function withoutEntity(
  refs: ServiceAccountRef[],
  links: Map<string, EntityLink[]>,
): KnownRef[] {
  return refs.map(ref => ({
    ref,
    sources: [],
    isLinked: links.has(stringifyServiceAccountRef(ref)),
  }));
}

/** How little links the entity to the identity: a tag in AWS, its own namespace, or a mere claim. */
export function doubt({ sources, ownsNamespace }: KnownRef): number {
  if (sources.includes('aws-tag')) return 0;
  return ownsNamespace ? 1 : 2;
}
