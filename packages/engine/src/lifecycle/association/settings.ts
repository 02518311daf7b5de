import type { AssociationSettings } from '../../identity/associationSettings';

/** A new association. */
export interface WantedAssociation extends AssociationSettings {
  tags: Record<string, string>;
}

/** What of an association is to change; an empty string clears. */
export interface AssociationChanges extends Partial<AssociationSettings> {
  /** Tags to add or change. */
  tags?: Record<string, string>;
}
