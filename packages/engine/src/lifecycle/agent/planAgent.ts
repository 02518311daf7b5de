import { type Addon, AGENT_ADDON } from '../../aws/addon';
import { agentInstallPermission } from 'backstage-plugin-eks-pod-identity-common';
import { allReady, LiveAgent, needsAgent } from './liveAgent';
import { ownsClusterResource } from '../../identity/ownership';
import type { PlanBuilder } from '../steps/PlanBuilder';
import { settingOf } from '../../text/voice';
import { type Scope, subjectOf } from '../steps/scope';
import type { AssociateRequest } from '../../operationContext';
import { addonIssues, installAgent, waitForAgent } from './agentWrites';
import { installAgentCommand } from '../../identity/snippets';
import { capitalised } from '../../text/capitalised';

/** Adds the agent to the plan: in parallel with the rest, finished before the gate. */
export function planAgent(
  builder: PlanBuilder,
  live: LiveAgent,
  scope: Scope,
  request: AssociateRequest,
): void {
  if (live.addon) {
    planInstalled(builder, live, live.addon, scope);
    return;
  }
  const { daemonSets } = live;
  if (daemonSets && daemonSets.known && daemonSets.value.length) {
    const { name, namespace } = daemonSets.value[0].metadata ?? {};
    keep(builder, 'external', `self-managed: DaemonSet ${namespace}/${name}`);
    if (!allReady(daemonSets.value)) {
      builder.warn(
        `The self-managed agent ${namespace}/${name} is not ready on every node; pods there get no credentials.`,
      );
    }
    return;
  }
  const need = needOf(live, builder.voice.me);
  if (!need.needed) {
    keep(builder, 'external', need.reason);
    if (need.warning) builder.warn(need.warning);
    return;
  }
  planInstall(builder, need.reason, scope, request);
}

const RESOURCE = { kind: 'agent' as const, name: AGENT_ADDON };

function keep(
  builder: PlanBuilder,
  owner: 'portal' | 'external',
  reason: string,
) {
  builder.add({
    id: 'agent',
    resource: RESOURCE,
    owner,
    change: 'keep',
    reason,
  });
}

function planInstalled(
  builder: PlanBuilder,
  { daemonSets }: LiveAgent,
  addon: Addon,
  scope: Scope,
): void {
  const owner = ownsClusterResource(addon.tags, subjectOf(scope))
    ? 'portal'
    : 'external';
  const version = addon.version ? ` ${addon.version}` : '';
  const { status } = addon;
  if (status === 'CREATING' || status === 'UPDATING') {
    builder.add(
      {
        id: 'agent',
        resource: RESOURCE,
        owner,
        change: 'keep',
        reason: `the add-on${version} is ${status}; this step waits for it`,
      },
      waitForAgent(scope),
    );
    return;
  }
  keep(
    builder,
    owner,
    status === 'ACTIVE'
      ? `the add-on${version} is installed; ${builder.voice.me} never upgrades it`
      : `the add-on${version} is installed and ${status}; ${builder.voice.me} never changes it`,
  );
  if (status === 'ACTIVE') return;
  const issues = addonIssues(addon);
  const ready =
    daemonSets && daemonSets.known && allReady(daemonSets.value)
      ? ', although all its pods are ready'
      : '';
  builder.warn(
    `The agent add-on is ${status}${ready}${
      issues ? ` (${issues})` : ''
    }. The cluster's owner should check it.`,
  );
}

interface Need {
  needed: boolean;
  reason: string;
  warning?: string;
}

function needOf({ nodes, autoMode }: LiveAgent, me: string): Need {
  const builtIn = 'EKS Auto Mode has the agent built in';
  if (!nodes || !nodes.known) {
    const why = nodes ? nodes.lack.sentence : 'the nodes were not read';
    return autoMode
      ? {
          needed: false,
          reason: builtIn,
          warning: `${capitalised(
            me,
          )} cannot tell whether nodes outside Auto Mode need the agent add-on: ${why}.`,
        }
      : { needed: true, reason: 'the add-on is not installed' };
  }
  const needing = nodes.value.filter(needsAgent);
  if (needing.length) {
    return {
      needed: true,
      reason: autoMode
        ? `the add-on is not installed, and ${needing.length} of ${nodes.value.length} nodes are outside Auto Mode`
        : 'the add-on is not installed',
    };
  }
  if (autoMode) return { needed: false, reason: builtIn };
  if (!nodes.value.length) {
    return {
      needed: true,
      reason: 'the add-on is not installed (there are no nodes yet)',
    };
  }
  return {
    needed: false,
    reason: 'no node of this cluster can run the agent',
    warning:
      'Every node of this cluster is of a kind that EKS Pod Identity does not support with this add-on (Fargate, Windows or hybrid): pods will not get credentials. Use EC2 Linux nodes or IRSA.',
  };
}

function planInstall(
  builder: PlanBuilder,
  need: string,
  scope: Scope,
  { input, taskId }: AssociateRequest,
): void {
  const { cluster } = scope;
  const wanted = input.installAgent ?? cluster.allow.installAgent;
  const obstacle = obstacleTo(wanted, scope);
  if (obstacle) {
    keep(builder, 'external', `${need}; not installed: ${obstacle}`);
    builder.warn(
      `The Pod Identity agent is missing (${need}) and pods get no credentials without it; it is not installed because ${obstacle}. The cluster's owner installs it with: ${
        installAgentCommand(cluster).text
      }`,
    );
    return;
  }
  builder.add(
    {
      id: 'agent',
      resource: RESOURCE,
      change: 'create',
      after: { addonName: AGENT_ADDON, resolveConflicts: 'NONE' },
      reason: need,
    },
    installAgent(scope, { entityRef: input.entityRef, taskId }),
  );
}

function obstacleTo(wanted: boolean, { cluster, context, voice }: Scope) {
  if (!wanted) {
    return cluster.allow.installAgent
      ? 'installAgent is false'
      : `cluster ${cluster.id} is configured without ${settingOf(
          voice,
          'allow.installAgent',
        )}`;
  }
  return context.granted.has(agentInstallPermission.name)
    ? undefined
    : `you lack the permission ${agentInstallPermission.name} on this cluster`;
}
