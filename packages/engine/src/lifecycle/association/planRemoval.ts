import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { ownerInWords, ownership } from '../../identity/ownership';
import { associationResource } from '../../identity/consoleLinks';
import { otherTask } from '../steps/otherTask';
import type { PlanBuilder } from '../steps/PlanBuilder';
import { Scope, subjectOf } from '../steps/scope';
import { deleteAssociation } from './associationWrites';
import type { Association } from '../../aws/association';

/** Plans the removal of the association; returns whether it is removed. */
export function planAssociationRemoval(
  builder: PlanBuilder,
  scope: Scope,
  association: Association,
  createdByTask: string | undefined,
): boolean {
  const owner = ownership(association.tags, subjectOf(scope));
  const resource = associationResource(scope.cluster, association.id);
  const keep = (reason: string, whose: 'portal' | 'addon' | 'external') =>
    builder.add({
      id: 'association',
      resource,
      change: 'keep',
      owner: whose,
      reason,
    });
  if (association.ownerArn) {
    keep(
      `the add-on ${association.ownerArn} owns it; it goes with the add-on`,
      'addon',
    );
    return false;
  }
  if (owner.kind !== 'ours') {
    keep(`it belongs to ${ownerInWords(owner, builder.voice)}`, 'external');
    return false;
  }
  const other = otherTask(association.tags[MARK_TAGS.taskId], createdByTask);
  if (other) {
    keep(other, 'portal');
    return false;
  }
  builder.add(
    {
      id: 'association',
      resource,
      change: 'delete',
      before: { roleArn: association.roleArn },
      reason: `created by ${builder.voice.us} for this service account`,
      dependsOn: builder.ids('probe-pod'),
    },
    deleteAssociation(scope, association.id, {
      roleArn: association.roleArn,
    }),
  );
  return true;
}
