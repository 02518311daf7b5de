import type { Association } from '../../aws/association';

/** Settings of an association that can be changed. */
export interface AssociationSettings {
  roleArn: string;
  targetRoleArn?: string;
  disableSessionTags: boolean;
  /** JSON. */
  policy?: string;
}

/** A new association. */
export interface WantedAssociation extends AssociationSettings {
  tags: Record<string, string>;
}

/** What of an association is to change; an empty string clears. */
export interface AssociationChanges {
  roleArn?: string;
  targetRoleArn?: string;
  disableSessionTags?: boolean;
  policy?: string;
  /** Tags to add or change. */
  tags?: Record<string, string>;
}

/** The settings of an association that is there. */
export function settingsOf(association: Association): AssociationSettings {
  return {
    roleArn: association.roleArn,
    targetRoleArn: association.targetRoleArn || undefined,
    disableSessionTags: association.disableSessionTags ?? false,
    policy: association.policy || undefined,
  };
}
