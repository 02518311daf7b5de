import { CreateAddonCommand, DeleteAddonCommand } from '@aws-sdk/client-eks';
import { ConflictError, ServiceUnavailableError } from '@backstage/errors';
import { type Addon, AGENT_ADDON, describeAgentAddon } from '../../aws/addon';
import { classifyAwsError } from '../../aws/classify';
import { listAssociations } from '../../aws/association';
import { retryUntil } from '../../async/retry';
import { allReady, listAgentDaemonSets } from './liveAgent';
import { clusterTags, ownsClusterResource } from '../../identity/ownership';
import { addonIssues } from './planAgent';
import { movedOn, Scope, tell, writing, subjectOf } from '../steps/scope';
import { openKubernetes } from '../steps/reading';

/** An add-on in these states will not become ACTIVE by waiting. */
const HOPELESS = new Set(['CREATE_FAILED', 'DELETE_FAILED', 'DELETING']);

/**
 * Creates the add-on; one that somebody else made meanwhile is as good. Call it under the cluster's lease.
 */
export async function createAgent(
  scope: Scope,
  marks: { entityRef?: string; taskId?: string },
): Promise<void> {
  const { cluster, context } = scope;
  try {
    await writing(scope, `install the agent on cluster ${cluster.id}`, () =>
      scope.write.aws.eks.send(
        new CreateAddonCommand({
          clusterName: cluster.name,
          addonName: AGENT_ADDON,
          resolveConflicts: 'NONE',
          tags: clusterTags(subjectOf(scope), {
            ...marks,
            tags: context.config.tags,
          }),
        }),
      ),
    );
  } catch (error) {
    const { kind, message } = classifyAwsError(error);
    const exists = kind === 'conflict' || kind === 'in-use';
    if (!exists || !/already exists/i.test(message)) throw error;
  }
}

/**
 * Waits until the agent works, on a deadline of its own. DEGRADED with all pods ready is good enough: AWS reports it
 * while pods roll, and where one node of many is ill (terraform-provider-aws #44669).
 *
 * @returns a warning, or nothing when the add-on is ACTIVE
 */
export async function waitForAgent(scope: Scope): Promise<string | undefined> {
  const { clock, config, signal } = scope.context;
  const { agentInstall, retryPause } = config.timings;
  let last: Addon | undefined;
  let told: string | undefined = 'nothing';
  const answer = await retryUntil<{ warning?: string }>(
    clock,
    {
      deadlineMs: agentInstall,
      minPause: retryPause,
      maxPause: retryPause * 5,
      signal,
    },
    async () => {
      last = await describeAgentAddon(scope.read, signal);
      if (last?.status === 'ACTIVE') return {};
      if (last?.status !== told) {
        told = last?.status;
        await tell(scope, {
          type: 'step',
          data: {
            id: 'agent',
            status: 'waiting',
            message: `The agent add-on is ${told ?? 'not there yet'}`,
          },
        });
      }
      if (last?.status && HOPELESS.has(last.status)) {
        throw new ConflictError(
          `The agent add-on on cluster ${scope.cluster.id} is ${
            last.status
          }${inBrackets(
            last,
          )}. Its owner has to look at it; then run it again.`,
        );
      }
      if (last?.status === 'DEGRADED' && (await podsReady(scope))) {
        return {
          warning: `The agent add-on is DEGRADED although all its pods are ready${inBrackets(
            last,
          )}.`,
        };
      }
      return undefined;
    },
  );
  if (answer) return answer.warning;
  throw new ServiceUnavailableError(
    `The agent add-on on cluster ${scope.cluster.id} is ${
      last?.status ?? 'missing'
    }${last ? inBrackets(last) : ''} after ${Math.round(
      agentInstall / 60_000,
    )} min; often one node cannot start it. Look at its pods in kube-system, then run it again.`,
  );
}

function inBrackets(addon: Addon): string {
  const issues = addonIssues(addon);
  return issues ? ` (${issues})` : '';
}

async function podsReady(scope: Scope): Promise<boolean> {
  const api = await openKubernetes(scope);
  if ('unseen' in api) return false;
  const daemonSets = await listAgentDaemonSets(api.seen, scope.context.signal);
  return 'seen' in daemonSets && allReady(daemonSets.seen);
}

/** Takes the add-on away, having looked once more at who needs it. Call it under the cluster's lease. */
export async function deleteAgent(scope: Scope): Promise<void> {
  const { cluster, context } = scope;
  const [addon, associations] = await Promise.all([
    describeAgentAddon(scope.read, context.signal),
    listAssociations(scope.read, {}, context.signal),
  ]);
  if (!addon) return;
  if (!ownsClusterResource(addon.tags, subjectOf(scope))) {
    throw movedOn('The agent add-on', 'it no longer carries our marks');
  }
  if (associations.length) {
    throw movedOn(
      'The agent add-on',
      `${associations.length} association(s) of the cluster need it`,
    );
  }
  try {
    await writing(scope, `remove the agent from cluster ${cluster.id}`, () =>
      scope.write.aws.eks.send(
        new DeleteAddonCommand({
          clusterName: cluster.name,
          addonName: AGENT_ADDON,
        }),
      ),
    );
  } catch (error) {
    if (classifyAwsError(error).kind !== 'not-found') throw error;
  }
}

/** Waits until the add-on is gone. */
export async function waitForNoAgent(scope: Scope): Promise<void> {
  const { clock, config, signal } = scope.context;
  const { agentInstall, retryPause } = config.timings;
  const gone = await retryUntil(
    clock,
    {
      deadlineMs: agentInstall,
      minPause: retryPause,
      maxPause: retryPause * 5,
      signal,
    },
    async () => {
      const addon = await describeAgentAddon(scope.read, signal);
      if (!addon) return true;
      if (addon.status === 'DELETE_FAILED') {
        throw new ConflictError(
          `The agent add-on on cluster ${
            scope.cluster.id
          } could not be removed${inBrackets(
            addon,
          )}. Its owner has to look at it.`,
        );
      }
      return undefined;
    },
  );
  if (!gone) {
    throw new ServiceUnavailableError(
      `The agent add-on on cluster ${scope.cluster.id} is still being removed. Run it again later.`,
    );
  }
}
