import type { Association } from '../../aws/association';
import { ownership } from '../../identity/ownership';
import { Scope, subjectOf } from '../steps/scope';

/** True for an association that this portal made for exactly this ServiceAccount, and no add-on owns. */
export function isOurs(scope: Scope, { ownerArn, tags }: Association): boolean {
  return !ownerArn && ownership(tags, subjectOf(scope)).kind === 'ours';
}
