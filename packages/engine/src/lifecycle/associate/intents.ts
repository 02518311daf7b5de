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
  | { type: 'gate' };
