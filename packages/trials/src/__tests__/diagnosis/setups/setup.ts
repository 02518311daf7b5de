import type { IdentityStatus } from 'backstage-plugin-eks-pod-identity-common';
import type { Stage } from 'eks-sandbox';
import type { Expected } from '../expected/expected';

/** What somebody made of an identity that was healthy, what its badge has to be, and what the badge says. */
export interface Setup
  extends Pick<Expected, 'permissions' | 'probe' | 'entityRef'> {
  make(stage: Stage): unknown | Promise<unknown>;
  status: IdentityStatus;
  /** In the headline, among the sentences of notes, or in the fix of the cause. */
  says: RegExp;
  /** Status after the printed command; without it none is run. */
  ends?: IdentityStatus;
}
