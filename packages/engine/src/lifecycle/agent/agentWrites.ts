import { ConflictError, ServiceUnavailableError } from '@backstage/errors';
import { packages } from '../../async/packages';
import { type Addon, AGENT_ADDON, describeAgentAddon } from '../../aws/addon';
import { classifyAwsError } from '../../aws/classify';
import { listAssociations } from '../../aws/association';
import { propagationPolling } from '../../async/polling';
import { retryUntil } from '../../async/retry';
import { isKubernetesError } from '../../kubernetes/errors';
import { allReady, listAgentDaemonSets } from './liveAgent';
import { clusterTags, ownsClusterResource } from '../../identity/ownership';
import { emit, changedSincePlan, Scope, subjectOf } from '../steps/scope';
import type { Deed, Lane, RunningStep } from '../steps/Step';
import { write } from '../steps/write';
import { openKubernetes } from '../steps/reading';
import { deed } from '../steps/deed';

/** States from which an add-on never becomes ACTIVE by itself. */
const HOPELESS = new Set(['CREATE_FAILED', 'DELETE_FAILED', 'DELETING']);

/** How long the pods of an add-on that is ACTIVE may take to start; a node that starts none must not hold up the rest. */
const PODS_START_MS = 60_000;

/** What the wait for an agent has come to. */
interface Arrival {
  says: string;
  warns?: boolean;
}

const NOT_ALL_READY: Arrival = {
  warns: true,
  says: 'The agent add-on is ACTIVE, but not all its pods are ready. Pods on a node without a ready agent get no credentials. Look at the pods of the agent.',
};

const NOT_READ: Arrival = { says: 'The agent add-on is ACTIVE' };

/** Issues of an add-on that is not ACTIVE. */
export function addonIssues(addon: Addon): string {
  return addon.issues
    .map(issue => `${issue.code}: ${issue.message}`)
    .join('; ');
}

/** The cluster's lease is held for the call only, not while the add-on starts or stops. */
function clusterLane(name: string, { cluster }: Scope): Lane {
  return { name, lease: { kind: 'cluster', name: cluster.arn } };
}

/** Installs the add-on and waits until it works. */
export function installAgent(
  scope: Scope,
  madeFor: { entityRef?: string; taskId?: string },
): Deed {
  const { id } = scope.cluster;
  return {
    first: {
      id: 'agent.create',
      ...deed('create', `the agent add-on on cluster ${id}`),
      lane: clusterLane('agent.create', scope),
      run: step => createAddon(scope, step, madeFor),
    },
    ...deed('install', `the Pod Identity agent on cluster ${id}`),
    run: step => waitUntilReady(scope, step),
  };
}

/** Waits for an add-on that is being created or updated. */
export function waitForAgent(scope: Scope): Deed {
  return {
    ...deed(
      'wait',
      `for the Pod Identity agent on cluster ${scope.cluster.id}`,
    ),
    run: step => waitUntilReady(scope, step),
  };
}

/** Removes the add-on and waits until it is gone. */
export function removeAgent(scope: Scope): Deed {
  const { id } = scope.cluster;
  return {
    first: {
      id: 'agent.delete',
      ...deed('remove', `the agent add-on from cluster ${id}`),
      lane: clusterLane('agent.delete', scope),
      run: step => deleteAddon(scope, step),
    },
    ...deed('wait', `until the agent add-on is gone from cluster ${id}`),
    run: () => waitUntilGone(scope),
  };
}

/** Accepts an add-on that another caller created meanwhile. */
async function createAddon(
  scope: Scope,
  step: RunningStep,
  madeFor: { entityRef?: string; taskId?: string },
): Promise<void> {
  const { cluster, context } = scope;
  try {
    await write(scope, step, () =>
      scope.write.aws.eks.send(
        new packages.eks.CreateAddonCommand({
          clusterName: cluster.name,
          addonName: AGENT_ADDON,
          resolveConflicts: 'NONE',
          tags: clusterTags(subjectOf(scope), {
            ...madeFor,
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
 * Has its own deadline, apart from the gate's. Waits for the pods too, where they can be read: an add-on can be ACTIVE
 * while they start (the tests of eks-hybrid wait for both). Accepts DEGRADED with all pods ready: AWS reports it during rollouts and when one node of many is
 * unhealthy (terraform-provider-aws #44669).
 */
async function waitUntilReady(
  scope: Scope,
  step: RunningStep,
): Promise<string> {
  const { clock, config, signal } = scope.context;
  const { agentInstall, retryPause } = config.timings;
  let last: Addon | undefined;
  let recorded: string | undefined = 'nothing';
  let activeSince: number | undefined;
  const arrival = await retryUntil<Arrival>(
    clock,
    {
      deadlineMs: agentInstall,
      polling: propagationPolling(retryPause),
      signal,
    },
    async () => {
      last = await describeAgentAddon(scope.read, signal);
      if (last?.status === 'ACTIVE') {
        const ready = await podsReady(scope);
        if (ready === true) return { says: 'The agent is ready' };
        if (ready === undefined) return NOT_READ;
        activeSince ??= clock.now();
        if (clock.now() - activeSince >= PODS_START_MS) {
          return ready === 'unanswered' ? NOT_READ : NOT_ALL_READY;
        }
      } else {
        activeSince = undefined;
      }
      if (last?.status !== recorded) {
        recorded = last?.status;
        await emit(scope, {
          type: 'step',
          data: {
            id: step.id,
            status: 'waiting',
            message:
              recorded === 'ACTIVE'
                ? 'The agent add-on is ACTIVE, and its pods are starting'
                : `The agent add-on is ${recorded ?? 'not created yet'}`,
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
      if (last?.status === 'DEGRADED' && (await podsReady(scope)) === true) {
        return {
          warns: true,
          says: `The agent add-on is DEGRADED although all its pods are ready${inBrackets(
            last,
          )}.`,
        };
      }
      return undefined;
    },
  );
  const answer =
    arrival ?? (last?.status === 'ACTIVE' ? NOT_ALL_READY : undefined);
  if (answer?.warns) step.warn(answer.says);
  if (answer) return answer.says;
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

/** undefined where the portal is not allowed to read them; `unanswered` where Kubernetes gives no answer this time. */
async function podsReady(
  scope: Scope,
): Promise<boolean | 'unanswered' | undefined> {
  const { signal } = scope.context;
  try {
    const api = await openKubernetes(scope);
    if (!api.known) return undefined;
    const daemonSets = await listAgentDaemonSets(api.value, signal);
    return daemonSets.known ? allReady(daemonSets.value) : undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (isKubernetesError(error)) return 'unanswered';
    throw error;
  }
}

/** Reads again who owns the add-on and which associations need it. */
async function deleteAddon(scope: Scope, step: RunningStep): Promise<void> {
  const { cluster, context } = scope;
  const [addon, associations] = await Promise.all([
    describeAgentAddon(scope.read, context.signal),
    listAssociations(scope.read, {}, context.signal),
  ]);
  if (!addon) return;
  if (!ownsClusterResource(addon.tags, subjectOf(scope))) {
    throw changedSincePlan(
      'The agent add-on',
      'it no longer carries our ownership tags',
    );
  }
  if (associations.length) {
    throw changedSincePlan(
      'The agent add-on',
      `${associations.length} association(s) of the cluster need it`,
    );
  }
  try {
    await write(scope, step, () =>
      scope.write.aws.eks.send(
        new packages.eks.DeleteAddonCommand({
          clusterName: cluster.name,
          addonName: AGENT_ADDON,
        }),
      ),
    );
  } catch (error) {
    if (classifyAwsError(error).kind !== 'not-found') throw error;
  }
}

async function waitUntilGone(scope: Scope): Promise<void> {
  const { clock, config, signal } = scope.context;
  const { agentInstall, retryPause } = config.timings;
  const gone = await retryUntil(
    clock,
    {
      deadlineMs: agentInstall,
      polling: propagationPolling(retryPause),
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
