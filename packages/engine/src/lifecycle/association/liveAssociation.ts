import { NotAllowedError } from '@backstage/errors';
import {
  associationReadPermission,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { type Association, findAssociation } from '../../aws/association';
import { identityRefusal } from '../../guardrails';
import { readOrExplain } from '../steps/reading';
import type { Scope } from '../steps/scope';
import { isOurs } from './isOurs';

/**
 * The association of the service account, if there is one. Nothing of it may reach an initiator who is not allowed to see it, or
 * who does not own what it was made for.
 *
 * @throws NotAllowedError when the initiator lacks the permission to read it, or it is ours, for an entity that the
 * initiator does not own
 */
export async function readAssociation(
  scope: Scope,
): Promise<Association | undefined> {
  const { context, read, ref } = scope;
  const association = await readOrExplain(
    scope,
    'look for the association',
    () => findAssociation(read, ref, context.signal),
  );
  if (association && isOurs(scope, association)) {
    const refusal = await identityRefusal(ref, association.tags, context);
    if (refusal) throw new NotAllowedError(refusal);
  }
  if (association && !context.granted.has(associationReadPermission.name)) {
    throw new NotAllowedError(
      `${stringifyServiceAccountRef(
        ref,
      )} has an AWS identity already, which you are not allowed to see: you lack the permission ${
        associationReadPermission.name
      } on it. Ask an administrator`,
    );
  }
  return association;
}
