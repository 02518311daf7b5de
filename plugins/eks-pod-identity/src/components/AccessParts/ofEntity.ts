import {
  stringifyServiceAccountRef,
  type EntityAccess,
  type EntityIdentities,
  type EntityNodeUse,
  type Identity,
} from 'backstage-plugin-eks-pod-identity-common';

const keyOf = ({ ref }: Pick<Identity, 'ref'>) =>
  stringifyServiceAccountRef(ref);

/** How the service account of an identity gets to AWS without Pod Identity, if it does. */
export const accessOf = (
  { access }: EntityIdentities,
  identity: Identity,
): EntityAccess | undefined =>
  access?.find(row => keyOf(row) === keyOf(identity));

/** Whose pods may act as their node, where nothing else says by what they get to AWS. */
export function asNodeOf({
  access = [],
  asNode = [],
}: EntityIdentities): EntityNodeUse[] {
  const known = new Set(access.map(keyOf));
  return asNode.filter(use => !known.has(keyOf(use)));
}

/** What no identity of the entity stands for. */
export function accessWithoutIdentity({
  access = [],
  identities,
}: EntityIdentities): EntityAccess[] {
  const shown = new Set(identities.map(keyOf));
  return access.filter(row => !shown.has(keyOf(row)));
}
