import type { FoundRole } from '../role/findRoles';

/** What apply does for a step of a teardown plan. */
export type TeardownIntent =
  /** The following four are one look at the whole role, then its parts, under one lease. */
  | { type: 'detach'; role: FoundRole; policyArn: string }
  | { type: 'delete-inline'; role: FoundRole; policyName: string }
  | { type: 'delete-role'; role: FoundRole }
  | { type: 'remove-statement'; role: FoundRole };
