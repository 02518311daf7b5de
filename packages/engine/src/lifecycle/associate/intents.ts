import type { PolicyDocument, PolicyStatement } from '../../iam/policyDocument';

/** What apply does for a step of an associate plan. Everything it needs is in it; what the plan saw is in it too. */
export type AssociateIntent =
  | {
      type: 'create-role';
      path: string;
      description: string;
      trust: PolicyDocument;
      boundaryArn?: string;
      tags: Record<string, string>;
    }
  | { type: 'describe-role'; description: string; roleId: string }
  | {
      type: 'put-trust';
      statement: PolicyStatement;
      /** Our statement as the plan saw it. */
      before?: PolicyStatement;
      roleId: string;
    }
  | { type: 'put-boundary'; boundaryArn: string; before?: string }
  | { type: 'tag-role'; tags: Record<string, string> }
  | { type: 'attach'; policyArn: string }
  | { type: 'detach'; policyArn: string }
  | {
      type: 'put-inline';
      policyName: string;
      document: object;
      before?: PolicyDocument;
    }
  | { type: 'delete-inline'; policyName: string; before?: PolicyDocument }
  | { type: 'create-association'; wanted: WantedAssociation }
  | {
      type: 'update-association';
      associationId: string;
      changes: AssociationChanges;
      before: AssociationSettings;
    }
  | { type: 'gate' };

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
