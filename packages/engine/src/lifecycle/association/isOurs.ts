import type { Association } from '../../aws/association';
import { ownership } from '../../identity/ownership';
import { Scope, subjectOf } from '../steps/scope';

/** True for an association that this portal created for exactly this service account and that no add-on owns. */
export function isOurs(scope: Scope, { ownerArn, tags }: Association): boolean {
  return !ownerArn && ownership(tags, subjectOf(scope)).kind === 'ours';
}
