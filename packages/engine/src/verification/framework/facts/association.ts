import type { AskedSettings } from '../../../identity/associationSettings';

/** The expected identity, and the source of the expectation. */
export interface ExpectedFact {
  /** The role that a pod should get. */
  effectiveRoleArn?: string;
  source?: 'input' | 'last-associate' | 'association';
  /** As the last associate requested. */
  settings: AskedSettings;
  /** ARNs of the managed policies that the last associate asked for. */
  policies?: readonly string[];
  /** Names of the inline policies that it put on the role. */
  inline?: readonly string[];
}
