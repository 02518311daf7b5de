import { ConflictError } from '@backstage/errors';
import type { RestartableKind } from 'backstage-plugin-eks-pod-identity-common';
import { propagationPolling } from '../../async/polling';
import { retryUntil } from '../../async/retry';
import { RESTARTED_AT } from '../../kubernetes/workloads';
import type { KubernetesApi, LiveWorkload } from '../../kubernetes/types';
import type { Association } from '../../aws/association';
import type { WorkloadPods } from '../gate';
import { openKubernetes } from '../steps/reading';
import { emit, type Scope } from '../steps/scope';
import type { Deed, RunningStep } from '../steps/Step';
import { write } from '../steps/write';
import { heldBack, rolloutOf } from './rollout';
import { deed } from '../steps/deed';

/** A workload of a kind that can be rolled out. */
export type Restartable = WorkloadPods & { kind: RestartableKind };

export interface RestartOptions {
  /** As the plan read it; undefined when this run makes it. */
  association?: Association;
  /** Those of the pods in the namespace that need a restart now. */
  outdated(api: KubernetesApi): Promise<WorkloadPods[]>;
  /** Why new pods would not receive the identity. */
  obstacle(): string | undefined;
  /** Milliseconds left for this roll-out. */
  remainingMs(): number;
}

/** Restarts one workload and waits until its new pods are available. */
export function restartWorkload(
  scope: Scope,
  workload: Restartable,
  options: RestartOptions,
): Deed {
  const { kind, name } = workload;
  const { namespace } = scope.ref;
  const what = `${kind} ${namespace}/${name}`;
  const key = { kind, namespace, name };
  return {
    ...deed('restart', what),
    run: async step => {
      const obstacle = options.obstacle();
      if (obstacle) {
        step.warn(`${what} was not restarted: ${obstacle}`);
        return `Not restarted: ${obstacle}`;
      }
      const { signal, clock } = scope.context;
      const opened = await openKubernetes(scope, scope.write);
      if (!opened.known) throw new ConflictError(opened.lack.sentence);
      const api = opened.value;
      const own = async () =>
        (await options.outdated(api)).find(
          one => one.kind === kind && one.name === name,
        );
      let live = await api.readWorkload(key, { signal });
      if (!live) return `${what} is gone`;
      const refused = refusalOf(live, scope);
      if (refused) {
        step.warn(`${what} was not restarted: ${refused}.`);
        return `Not restarted: ${refused}`;
      }
      // A roll-out that is under way may be the one that an interrupted run began.
      if (isUnderWay(live, workload, options.association)) {
        await waitFor(scope, step, { api, key, options });
      }
      if (!(await own())) return `All pods of ${what} are new already`;
      live = await write(scope, step, () =>
        api.restartWorkload(
          { ...key, uid: live?.metadata?.uid },
          new Date(clock.now()).toISOString(),
        ),
      );
      await waitFor(scope, step, { api, key, options });
      return `Restarted ${what}: its new pods are available`;
    },
  };
}

/** Why it is left alone. Its pods name it, and the maker of a pod can name any. */
function refusalOf(live: LiveWorkload, { ref }: Scope): string | undefined {
  const spec = live.spec?.template?.spec;
  const runsUnder = spec?.serviceAccountName ?? 'default';
  return runsUnder === ref.serviceAccount
    ? heldBack(live)
    : `its pod template names the service account ${runsUnder}`;
}

/** True while a roll-out makes pods that do not need another one. */
function isUnderWay(
  live: LiveWorkload,
  { kind, pods }: Restartable,
  association: Association | undefined,
): boolean {
  if (rolloutOf(kind, live).done) return false;
  const { createdAt = Infinity, modifiedAt = 0 } = association ?? {};
  const restartedAt = Date.parse(
    live.spec?.template?.metadata?.annotations?.[RESTARTED_AT] ?? '',
  );
  return (
    restartedAt >= Math.max(createdAt, modifiedAt) &&
    pods.every(pod => (pod.createdAt ?? 0) < restartedAt)
  );
}

/** @throws ConflictError with the command that rolls back, when the new pods do not become available in time */
async function waitFor(
  scope: Scope,
  step: RunningStep,
  {
    api,
    key,
    options,
  }: {
    api: KubernetesApi;
    key: Parameters<KubernetesApi['readWorkload']>[0];
    options: Pick<RestartOptions, 'remainingMs'>;
  },
): Promise<void> {
  const { clock, config, signal } = scope.context;
  const { kind, namespace, name } = key;
  const deadlineMs = options.remainingMs();
  let told = '';
  let stuck: string | undefined;
  const end = await retryUntil<'done' | 'stuck'>(
    clock,
    {
      deadlineMs,
      polling: propagationPolling(config.timings.retryPause),
      signal,
    },
    async () => {
      const live = await api.readWorkload(key, { signal });
      if (!live) return 'done';
      const rollout = rolloutOf(kind, live);
      if (rollout.done) return 'done';
      stuck = rollout.stuck;
      if (stuck) return 'stuck';
      if (rollout.words !== told) {
        told = rollout.words;
        await emit(scope, {
          type: 'step',
          data: { id: step.id, status: 'waiting', message: told },
        });
      }
      return undefined;
    },
  );
  if (end === 'done') return;
  throw new ConflictError(
    `The new pods of ${kind} ${namespace}/${name} did not become available${
      stuck
        ? `: ${stuck}`
        : ` within ${Math.round(deadlineMs / 1000)} s (${told})`
    }. Look at them with "kubectl -n ${namespace} get pods"; to go back to the pods before, run "kubectl -n ${namespace} rollout undo ${kind.toLowerCase()}/${name}".`,
  );
}
