import {
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  type CatalogEntity,
  type EntityRecord,
  ownersNow,
  readEntityRecord,
} from '../identity/entityRecord';
import { sameEntity, type Tags } from '../identity/ownership';

/** A user who asks for an operation, as far as ownership goes. @public */
export interface Claimant {
  /** Entity refs that the user owns by, lower case: Backstage's `ownershipEntityRefs`. */
  claims: ReadonlySet<string>;
  /** `eksPodIdentity.administrators` names one of them. */
  isAdministrator: boolean;
  /** `cluster/namespace/serviceaccount` in other namespaces, whose identity they may change. */
  mayUpdate?: ReadonlySet<string>;
  /** The annotation of the component that they ask for names the service account. */
  claimsIt?: boolean;
  /** A condition of the permission policy lets them verify it. A policy that allows everything decides nothing. */
  decided?: boolean;
}

/** What decides whether an initiator may act for an entity. */
export interface OwnershipContext {
  /** Undefined for a service, which is a part of the portal. */
  claimant?: Claimant;
  /** Entity of the request. */
  entity?: CatalogEntity;
  /** Asks the catalog, with the portal's rights and not the user's. */
  findEntity(entityRef: string): Promise<CatalogEntity | undefined>;
}

/** True when one of the claims is among the owners. */
export function isOneOf(
  ownerRefs: readonly string[],
  { claims }: Claimant,
): boolean {
  return ownerRefs.some(owner => claims.has(owner));
}

/** True when a user owns the recorded entity, or is an administrator. @public */
export async function mayActFor(
  record: EntityRecord,
  claimant: Claimant,
  { entity, findEntity }: Omit<OwnershipContext, 'claimant'>,
): Promise<boolean> {
  if (claimant.isAdministrator) return true;
  const present = sameEntity(entity?.entityRef, record.entityRef)
    ? entity
    : await findEntity(record.entityRef);
  return isOneOf(ownersNow(record, present), claimant);
}

/**
 * Why a user is not allowed to change or remove what this portal made and tagged so; undefined when they may. Owning the
 * component of the request is not enough: it has to be the one that the tags record. The reason names no other component.
 *
 * @param what - begins the reason, such as `The AWS identity of payments-prod/shop/api`
 */
export async function ownerRefusal(
  what: string,
  tags: Tags | undefined,
  context: OwnershipContext,
): Promise<string | undefined> {
  const { claimant, entity } = context;
  const record = readEntityRecord(tags);
  if (!claimant || claimant.isAdministrator) return undefined;
  if (!record) {
    return `${what} was made for no component: only an administrator can change or remove it`;
  }
  if (await mayActFor(record, claimant, context)) return undefined;
  return sameEntity(entity?.entityRef, record.entityRef)
    ? `${what} was made for an earlier component of the name ${record.entityRef}, which left the catalog. Its recorded owner or an administrator can confirm the present one by associating it again`
    : `${what} was made for another component, which neither you nor one of your groups owns. Ask its owner, or an administrator`;
}

/** The same for the association of a service account, which has to be ours. */
export async function identityRefusal(
  ref: ServiceAccountRef,
  tags: Tags | undefined,
  context: OwnershipContext,
): Promise<string | undefined> {
  const refusal = await ownerRefusal(
    `The AWS identity of ${stringifyServiceAccountRef(ref)}`,
    tags,
    context,
  );
  return refusal && !readEntityRecord(tags)
    ? `${refusal}. Ask one (eksPodIdentity.administrators) to associate the service account with your component, whose owners can do so from then on`
    : refusal;
}
