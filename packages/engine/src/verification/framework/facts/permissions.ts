import type { PolicyDocument } from '../../../iam/policyDocument';

/** A statement in force for the pod that speaks of a call that AWS denied. */
export interface RulingFact {
  action: string;
  /** Name of its policy. */
  policy: string;
  /** Where the policy stands. */
  layer: 'identity policy' | 'permissions boundary' | 'session policy';
  /** `"Sid"` in quotes, or `number 2`. */
  statement: string;
  effect: 'Allow' | 'Deny';
  conditional: boolean;
  /** Of a Deny in an inline policy: the place of the statement in it. */
  inline?: { index: number; document: PolicyDocument };
}
