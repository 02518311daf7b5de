import type { CheckFix } from 'backstage-plugin-eks-pod-identity-common';
import type { Command, Right } from '../../text/bash';

/** A text to read or to apply, and what applying it needs. */
export type Snippet = NonNullable<CheckFix['snippet']> & {
  needs?: readonly Right[];
};

/** What to do, as data; `rendered` makes a text of it. Another maker than this engine gives the text alone. */
export interface Fix extends CheckFix {
  commands?: readonly Command[];
  /** That of the actions which says to restart: it goes where no restart helps. */
  restarting?: string;
  /** Shown where there are no commands. */
  snippet?: Snippet;
}
