import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { type Addon, AGENT_ADDON, describeAgentAddon } from '../../aws/addon';
import { listAssociations } from '../../aws/association';
import { ownsClusterResource } from '../../identity/ownership';
import { otherTask } from '../steps/otherTask';
import type { PlanBuilder } from '../steps/PlanBuilder';
import { readOrExplain } from '../steps/reading';
import { Scope, subjectOf } from '../steps/scope';
import { removeAgent } from './agentWrites';

/** The add-on, and how many associations of other service accounts need it. */
export interface AgentUse {
  addon?: Addon;
  others: number;
}

/** @param association - the one of this service account, which is not counted */
export async function readAgentUse(
  scope: Scope,
  association: { id: string } | undefined,
): Promise<AgentUse> {
  const { signal } = scope.context;
  const [addon, associations] = await Promise.all([
    readOrExplain(scope, 'look for the agent add-on', () =>
      describeAgentAddon(scope.read, signal),
    ),
    readOrExplain(scope, 'list the associations of the cluster', () =>
      listAssociations(scope.read, {}, signal),
    ),
  ]);
  const others = associations.filter(
    ({ associationId }) => associationId !== association?.id,
  );
  return { addon, others: others.length };
}

/** Removes the agent only on request, and as the last step. */
export function planAgentRemoval(
  builder: PlanBuilder,
  scope: Scope,
  { addon, others }: AgentUse,
  {
    createdByTask,
    associationStays,
  }: { createdByTask?: string; associationStays: boolean },
): void {
  if (!addon) return;
  const resource = { kind: 'agent' as const, name: AGENT_ADDON };
  const ours = ownsClusterResource(addon.tags, subjectOf(scope));
  const needing = others + (associationStays ? 1 : 0);
  let reason = otherTask(addon.tags[MARK_TAGS.taskId], createdByTask);
  if (needing) {
    reason =
      needing === 1
        ? 'an association of the cluster still needs it'
        : `${needing} associations of the cluster still need it`;
  }
  if (!ours) reason = `${builder.voice.us} did not install it`;
  if (reason) {
    builder.add({
      id: 'agent',
      resource,
      change: 'keep',
      owner: ours ? 'portal' : 'external',
      reason,
    });
    return;
  }
  builder.add(
    {
      id: 'agent',
      resource,
      change: 'delete',
      reason: `removeAgent is set, ${builder.voice.us} installed it, and no association is left`,
      dependsOn: builder.ids('association'),
    },
    removeAgent(scope),
  );
}
