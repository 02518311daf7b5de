import { ownership } from '../lifecycle';
import type { MarkSubject } from '../lifecycle/marks';
import type { ObservedAssociation } from '../store/AssociationStore';
import type { AssociationFact } from '../verification/facts/types';

/** Whose it is: ours only by this portal's own marks, for this very ref; copied tags give nothing to anybody. */
export function ownerOf(
  details: AssociationFact,
  subject: MarkSubject,
): ObservedAssociation['owner'] {
  if (details.ownerArn) return 'addon';
  return ownership(details.tags, subject).kind === 'ours'
    ? 'portal'
    : 'external';
}

/**
 * Which of them to describe in this sweep: all that are new, all that are overdue, and of the others the oldest
 * few, so that describing is spread evenly over `maxAgeMs` instead of coming in waves.
 */
export function dueForDescribe(
  known: readonly ObservedAssociation[],
  options: { now: number; maxAgeMs: number; frequencyMs: number },
): ObservedAssociation[] {
  const { now, maxAgeMs, frequencyMs } = options;
  const isDue = (association: ObservedAssociation) =>
    association.details === undefined ||
    association.describedAt === undefined ||
    association.describedAt <= now - maxAgeMs;
  const due = known.filter(isDue);
  const share = Math.ceil((known.length * frequencyMs) / maxAgeMs);
  const oldest = known
    .filter(association => !isDue(association))
    .sort((a, b) => a.describedAt! - b.describedAt!)
    .slice(0, Math.max(0, share - due.length));
  return [...due, ...oldest];
}
