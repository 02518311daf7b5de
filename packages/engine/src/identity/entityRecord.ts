import {
  foldEntityRef,
  MARK_TAGS,
} from 'backstage-plugin-eks-pod-identity-common';
import { type Tags, tagValue } from './ownership';

/** An entity as the catalog has it. @public */
export interface CatalogEntity {
  /** Lower case. */
  entityRef: string;
  /** Another one when the name is registered again; empty where the catalog gives none. */
  uid: string;
  /** `ownedBy`, lower case. */
  ownerRefs: readonly string[];
  /** Its annotation `backstage.io/aws-sdk`: which SDK its programs use. */
  sdk?: string;
}

/**
 * The entity that an identity was made for, as our tags record it. Those that were made before the uid was recorded
 * have only the ref.
 *
 * @public
 */
export interface EntityRecord {
  /** Lower case. */
  entityRef: string;
  uid?: string;
  /** Owners when the identity was last changed; empty when they are not recorded. */
  ownerRefs: readonly string[];
}

/** The record in the tags of an association or a role; undefined when they name no entity. @public */
export function readEntityRecord(
  tags: Tags | undefined,
): EntityRecord | undefined {
  const entityRef = tags?.[MARK_TAGS.entityRef];
  if (!entityRef) return undefined;
  return {
    entityRef: foldEntityRef(entityRef),
    uid: tags[MARK_TAGS.entityUid] || undefined,
    ownerRefs: (tags[MARK_TAGS.ownerRef] ?? '').split(' ').filter(Boolean),
  };
}

/** The tags that record an entity. */
export function entityTags({ entityRef, uid, ownerRefs }: CatalogEntity): Tags {
  let owners = '';
  for (const ownerRef of ownerRefs) {
    const longer = owners ? `${owners} ${ownerRef}` : ownerRef;
    // An owner that does not fit is left out whole: half a ref could name another.
    if (tagValue(longer) === longer) owners = longer;
  }
  return {
    [MARK_TAGS.entityRef]: tagValue(entityRef),
    ...(uid ? { [MARK_TAGS.entityUid]: tagValue(uid) } : {}),
    ...(owners ? { [MARK_TAGS.ownerRef]: owners } : {}),
  };
}

/**
 * Who owns what was made for an entity. While the catalog has that entity, its present owners do. When it is gone, or
 * its name was registered again, which gives it another uid, the recorded owners do.
 *
 * @param present - the entity that has the name now
 * @public
 */
export function ownersNow(
  record: EntityRecord,
  present: CatalogEntity | undefined,
): readonly string[] {
  return present && (record.uid ?? present.uid) === present.uid
    ? present.ownerRefs
    : record.ownerRefs;
}
