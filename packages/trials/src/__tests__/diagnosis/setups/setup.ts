import type {
  IdentityStatus,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Stage } from 'eks-sandbox';
import type { Expected } from '../expected/expected';

/** What somebody made of an identity that was healthy, what its badge has to be, and what the badge says. */
export interface Setup
  extends Pick<
    Expected,
    'permissions' | 'probe' | 'entityRef' | 'cause' | 'repair'
  > {
  make(stage: Stage): unknown | Promise<unknown>;
  status: IdentityStatus;
  /** In the headline, among the sentences of notes, or in the fix of the cause. */
  says: RegExp;
  /** In the sentence of some check, whether or not anything is wrong by it. */
  tells?: RegExp;
  /** Names that readers who may know them are told of, apart from sentences. */
  nearby?: string[];
  /** Service accounts of the same name on other clusters of the portal. */
  elsewhere?: ServiceAccountRef[];
  /** Default payments-prod. */
  cluster?: string;
  /** Status after the printed command, or what `repair` does for the check `cause`; without it nothing is done. */
  ends?: IdentityStatus;
}
