import {
  stringifyServiceAccountRef,
  type EntityAccess,
  type EntityIdentities,
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

/** What no identity of the entity stands for. */
export function accessWithoutIdentity({
  access = [],
  identities,
}: EntityIdentities): EntityAccess[] {
  const shown = new Set(identities.map(keyOf));
  return access.filter(row => !shown.has(keyOf(row)));
}
