import {
  foldEntityRef,
  MARK_TAGS,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from 'eks-pod-identity-engine';
import { MarkSubject, ownership } from 'eks-pod-identity-engine/portal';
import type { ObservedAssociation } from '../store/AssociationStore';

/** Whose it is: ours only by this portal's own marks, for this very ref; copied tags give nothing to anybody. */
function ownerOf(
  details: Association,
  subject: MarkSubject,
): ObservedAssociation['owner'] {
  if (details.ownerArn) return 'addon';
  return ownership(details.tags, subject).kind === 'ours'
    ? 'portal'
    : 'external';
}

/** What Describe showed, as it is kept. */
export function describedAs(
  details: Association,
  subject: MarkSubject,
  describedAt: number,
): Pick<
  ObservedAssociation,
  | 'details'
  | 'owner'
  | 'roleArn'
  | 'targetRoleArn'
  | 'entityRef'
  | 'describedAt'
> {
  const owner = ownerOf(details, subject);
  const tag =
    owner === 'portal' ? details.tags[MARK_TAGS.entityRef] : undefined;
  return {
    details,
    owner,
    roleArn: details.roleArn,
    targetRoleArn: details.targetRoleArn,
    entityRef: tag && foldEntityRef(tag),
    describedAt,
  };
}
