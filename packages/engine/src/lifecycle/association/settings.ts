import type { AssociationSettings } from '../../identity/associationSettings';

/** A new association. */
export interface WantedAssociation extends AssociationSettings {
  tags: Record<string, string>;
}

/** Changes to an association; a value as `clearedBy` has it clears one. */
export interface AssociationChanges extends Partial<AssociationSettings> {
  /** Tags to add or change. */
  tags?: Record<string, string>;
}
