import type { CheckFix } from 'backstage-plugin-eks-pod-identity-common';
import type { Command, Right } from '../../text/bash';

/** A text to read or to apply that is no command. */
export interface FixFile {
  language: string;
  text: string;
  needs?: readonly Right[];
}

/** What to do, as data; `rendered` makes a text of it. */
export interface Fix extends CheckFix {
  commands?: readonly Command[];
  /** Shown where there are no commands. */
  file?: FixFile;
}
