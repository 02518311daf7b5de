import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { ownerInWords, ownership } from '../../identity/ownership';
import { otherTask } from '../steps/otherTask';
import type { PlanBuilder } from '../steps/PlanBuilder';
import { type Scope, subjectOf } from '../steps/scope';
import { consoleLinks } from '../../identity/consoleLinks';
import type { TeardownFacts } from './teardownFacts';
import type { TeardownIntent } from './teardownIntents';
import type { TeardownRequest } from '../../operationContext';

type Builder = PlanBuilder<TeardownIntent>;

/** Answers whether the association goes. */
export function planAssociation(
  builder: Builder,
  scope: Scope,
  { association }: TeardownFacts,
  request: TeardownRequest,
): boolean {
  if (!association) return false;
  const owner = ownership(association.tags, subjectOf(scope));
  const resource = {
    kind: 'association' as const,
    name: association.id,
    consoleUrl: consoleLinks(scope.cluster).association,
  };
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
    keep(`it belongs to ${ownerInWords(owner)}`, 'external');
    return false;
  }
  const other = otherTask(
    association.tags[MARK_TAGS.taskId],
    request.input.createdByTask,
  );
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
      reason: 'it is ours for this ServiceAccount',
      dependsOn: builder.ids('probe-pod'),
    },
    {
      type: 'delete-association',
      associationId: association.id,
      roleArn: association.roleArn,
    },
  );
  return true;
}
