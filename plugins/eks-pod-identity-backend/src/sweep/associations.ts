import { stringifyServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import type { ObservedAssociation } from '../store/AssociationStore';

/**
 * Which of them to describe in this sweep: all that are new, changed or overdue, and of the others the oldest
 * few, so that describing is spread evenly over `maxAgeMs` instead of coming in waves.
 */
export function dueForDescribe(
  known: readonly ObservedAssociation[],
  options: {
    now: number;
    maxAgeMs: number;
    frequencyMs: number;
    /** When this portal last changed each ref, by written ref. */
    changes: ReadonlyMap<string, number>;
  },
): ObservedAssociation[] {
  const { now, maxAgeMs, frequencyMs, changes } = options;
  const isDue = ({ ref, details, describedAt }: ObservedAssociation) =>
    details === undefined ||
    describedAt === undefined ||
    describedAt <= now - maxAgeMs ||
    describedAt <= (changes.get(stringifyServiceAccountRef(ref)) ?? 0);
  const due = known.filter(isDue);
  const share = Math.ceil((known.length * frequencyMs) / maxAgeMs);
  const oldest = known
    .filter(association => !isDue(association))
    .sort((a, b) => a.describedAt! - b.describedAt!)
    .slice(0, Math.max(0, share - due.length));
  return [...due, ...oldest];
}
