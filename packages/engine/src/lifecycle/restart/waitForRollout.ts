import { ConflictError } from '@backstage/errors';
import {
  FIELD_MANAGER,
  type RestartableKind,
} from 'backstage-plugin-eks-pod-identity-common';
import { retryUntil } from '../../async/retry';
import { isKubernetesError, namesQuota } from '../../kubernetes/errors';
import type { CoreV1Event, V1Pod } from '../../kubernetes/objects';
import { wayBack } from '../../kubernetes/replacing';
import { makesRoom, rolloutOf, type Stuck } from '../../kubernetes/rollout';
import { startTrouble } from '../../kubernetes/starting';
import type {
  KubernetesApi,
  LiveWorkload,
  WorkloadKey,
} from '../../kubernetes/types';
import { RESTARTED_AT } from '../../kubernetes/workloads';
import { foreign } from '../../text/foreign';
import { fullStop } from '../../text/fullStop';
import { openKubernetes } from '../steps/reading';
import { emit, type Scope } from '../steps/scope';
import type { RunningStep } from '../steps/Step';
import { readPods } from './readWorkloads';

/** What may pass by itself has to last: a quota counts a pod that has ended for a moment. Milliseconds. */
const LASTS = 1_000;
const QUOTA_LASTS = 3_000;

/** Why new pods do not come. */
interface Obstacle extends Stuck {
  /** Waiting longer changes nothing. */
  certain: boolean;
  /** The pods that do not start; none where they are refused. */
  pods: V1Pod[];
}

const restartedAt = (metadata?: { annotations?: Record<string, string> }) =>
  metadata?.annotations?.[RESTARTED_AT];

/** Whether a workload seems to own a pod; that of a Deployment is owned by its ReplicaSet. */
const isOwn = (kind: RestartableKind, name: string) => (pod: V1Pod) =>
  (pod.metadata?.ownerReferences ?? []).some(
    owner =>
      owner.controller &&
      (kind === 'Deployment'
        ? owner.kind === 'ReplicaSet' && owner.name.startsWith(`${name}-`)
        : owner.kind === kind && owner.name === name),
  );

/** Pods of the newest template: those with the mark of the last restart, else those made like the newest one. */
export function newestPods(
  { kind, name }: Pick<WorkloadKey, 'kind' | 'name'>,
  live: LiveWorkload,
  pods: readonly V1Pod[],
): V1Pod[] {
  const own = pods.filter(isOwn(kind, name));
  const mark = restartedAt(live.spec?.template?.metadata);
  if (mark) return own.filter(pod => restartedAt(pod.metadata) === mark);
  const revision = ({ metadata }: V1Pod) =>
    metadata?.labels?.['pod-template-hash'] ??
    metadata?.labels?.['controller-revision-hash'];
  const made = ({ metadata }: V1Pod) =>
    Date.parse(metadata?.creationTimestamp ?? '');
  const [newest] = [...own].sort((a, b) => made(b) - made(a));
  return own.filter(pod => revision(pod) === revision(newest));
}

/** What keeps the pods of a template from starting, the lasting first. */
export function troubleOf(pods: readonly V1Pod[]): Obstacle | undefined {
  const found = pods.flatMap(pod => {
    const trouble = startTrouble(pod);
    return trouble ? [{ pod, trouble }] : [];
  });
  const first = found.find(({ trouble }) => trouble.lasting) ?? found[0];
  if (!first) return undefined;
  const { lasting, reason, message } = first.trouble;
  return {
    reason,
    message: `${first.pod.metadata?.name}: ${message}`,
    pod: first.pod.metadata?.name,
    certain: lasting,
    pods: found.map(({ pod }) => pod),
  };
}

/** Nodes that an autoscaler made: it may make another one. */
const AUTOSCALED =
  /^(karpenter\.sh\/(nodepool|provisioner-name)|eks\.amazonaws\.com\/compute-type)$/;

/** Looks at one roll-out again and again, at what it may read. */
class RolloutLook {
  readonly #scope: Scope;
  readonly #api: KubernetesApi;
  readonly #key: WorkloadKey;
  #events = true;
  #autoscaled?: boolean;
  #seen?: { reason?: string; at: number };

  constructor(scope: Scope, api: KubernetesApi, key: WorkloadKey) {
    this.#scope = scope;
    this.#api = api;
    this.#key = key;
  }

  /** The portal is not allowed to list events, where alone the reason stands. */
  get isBlind() {
    return !this.#events;
  }

  /** What is in the way of a roll-out that is not done; certain once it has lasted. */
  async obstacle(live: LiveWorkload): Promise<Obstacle | undefined> {
    const found = await this.#find(live);
    const now = this.#scope.context.clock.now();
    if (found?.reason !== this.#seen?.reason) {
      this.#seen = found && { reason: found.reason, at: now };
    }
    if (!found) return undefined;
    const lasts = namesQuota(found.message) ? QUOTA_LASTS : LASTS;
    const since = this.#seen?.at ?? now;
    return { ...found, certain: found.certain && now - since >= lasts };
  }

  async #find(live: LiveWorkload): Promise<Obstacle | undefined> {
    const { kind } = this.#key;
    const pods = await readPods(this.#api, this.#scope);
    const newest = newestPods(this.#key, live, pods);
    const trouble = troubleOf(newest);
    if (trouble) {
      const waits =
        trouble.pods.some(({ spec }) => !spec?.nodeName) &&
        (await this.#mayGetNode());
      return { ...trouble, certain: trouble.certain && !waits };
    }
    const { stuck } = rolloutOf(kind, live);
    if (stuck) {
      const passes = namesQuota(stuck.message) && makesRoom(live);
      return { ...stuck, certain: !passes, pods: [] };
    }
    if (kind === 'Deployment') return undefined;
    const refusal = await this.#refusal(live);
    return refusal === undefined
      ? undefined
      : { reason: 'FailedCreate', message: refusal, certain: true, pods: [] };
  }

  /** A node may come for a pod that none takes. */
  async #mayGetNode(): Promise<boolean> {
    const { signal } = this.#scope.context;
    this.#autoscaled ??= await this.#quietly(
      async api =>
        (
          await api.listNodes({ signal })
        ).some(({ metadata }) =>
          Object.keys(metadata?.labels ?? {}).some(one => AUTOSCALED.test(one)),
        ),
      false,
    );
    if (this.#autoscaled) return true;
    const scaling = await this.#listEvents('reason=TriggeredScaleUp');
    return scaling.length > 0;
  }

  /** Why the controller could not make the last pod, since the template changed. */
  async #refusal({ metadata }: LiveWorkload): Promise<string | undefined> {
    const { kind, name } = this.#key;
    const changed = metadata?.managedFields?.find(
      ({ manager }) => manager === FIELD_MANAGER,
    )?.time;
    const since = Date.parse(String(changed ?? ''));
    const events = await this.#listEvents(
      `involvedObject.kind=${kind},involvedObject.name=${name},reason=FailedCreate`,
    );
    const at = (event: CoreV1Event) =>
      Date.parse(event.lastTimestamp ?? event.eventTime ?? '');
    const [last] = events
      .filter(event => !(at(event) < since))
      .sort((a, b) => at(b) - at(a));
    return last && foreign(last.message);
  }

  /** Empty where the portal is not allowed to list them. */
  #listEvents(fieldSelector: string): Promise<CoreV1Event[]> {
    const { namespace } = this.#key;
    const { clusters, signal } = this.#scope.context;
    if (!this.#events) return Promise.resolve([]);
    return this.#quietly(
      async () => {
        const session = clusters.session(this.#scope.ref.cluster, 'verify');
        const opened = await openKubernetes(this.#scope, session);
        if (!opened.known) return [];
        return opened.value.listEvents(
          namespace,
          { fieldSelector },
          { signal },
        );
      },
      [],
      () => {
        this.#events = false;
      },
    );
  }

  /** A read that only explains; what it cannot read it does without. */
  async #quietly<T>(
    read: (api: KubernetesApi) => Promise<T>,
    otherwise: T,
    refused = () => {},
  ): Promise<T> {
    try {
      return await read(this.#api);
    } catch (error) {
      this.#scope.context.signal.throwIfAborted();
      if (!isKubernetesError(error)) throw error;
      if (isKubernetesError(error, 'forbidden', 'unauthorized')) refused();
      return otherwise;
    }
  }
}

/** The sentences of a roll-out that was left half done. */
function leftStanding(
  key: WorkloadKey,
  {
    obstacle,
    late,
    isBlind,
  }: { obstacle?: Obstacle; late: string; isBlind: boolean },
): string {
  const { kind, namespace, name } = key;
  const back = wayBack(
    key,
    (obstacle?.pods ?? []).map(pod => ({ name: pod.metadata?.name ?? '' })),
  );
  const events = `"kubectl -n ${namespace} get events --field-selector involvedObject.name=${name}"`;
  return [
    `The new pods of ${kind} ${namespace}/${name} did not become available${
      obstacle?.certain ? '' : late
    }${obstacle ? `: ${fullStop(obstacle.message)}` : '.'}`,
    ...(obstacle
      ? []
      : [`Look at them with "kubectl -n ${namespace} get pods".`]),
    ...(isBlind && !obstacle
      ? [`A quota or a policy may refuse them: ${events} tells.`]
      : []),
    'Pods that are not replaced yet go on as they were, and the roll-out goes on by itself once nothing is in its way.',
    `To go back to the pods before, run ${back
      .map(({ text }) => `"${text}"`)
      .join(', then ')}.`,
  ].join(' ');
}

/**
 * Waits until the new pods of a roll-out are available.
 *
 * @returns `awaited` where it stopped before, because another change waits for this one
 * @throws ConflictError with the reason and the way back: as soon as waiting is certain to be in vain, else at the end
 */
export async function waitForRollout(
  scope: Scope,
  step: RunningStep,
  {
    api,
    key,
    deadlineMs,
    toTheEnd,
  }: {
    api: KubernetesApi;
    key: WorkloadKey;
    deadlineMs: number;
    /** Also where another change waits for this one. */
    toTheEnd: boolean;
  },
): Promise<'done' | 'awaited'> {
  const { clock, config, guard, signal } = scope.context;
  const { retryPause } = config.timings;
  const look = new RolloutLook(scope, api, key);
  let obstacle: Obstacle | undefined;
  let words = '';
  let told = '';
  const end = await retryUntil<'done' | 'stuck' | 'awaited'>(
    clock,
    {
      deadlineMs,
      // The portal looks every few seconds to the end, so that the user reads a certain reason soon after it appears.
      polling: {
        first: retryPause,
        soon: 4 * retryPause,
        later: 4 * retryPause,
      },
      signal,
    },
    async () => {
      const live = await api.readWorkload(key, { signal });
      if (!live) return 'done';
      const rollout = rolloutOf(key.kind, live);
      if (rollout.done) return 'done';
      words = rollout.words;
      obstacle = await look.obstacle(live);
      if (obstacle?.certain) return 'stuck';
      if (!toTheEnd && (await guard.isAwaited?.())) return 'awaited';
      const message = obstacle ? `${words}; ${obstacle.message}` : words;
      if (message !== told) {
        told = message;
        await emit(scope, {
          type: 'step',
          data: { id: step.id, status: 'waiting', message },
        });
      }
      return undefined;
    },
  );
  if (end === 'done' || end === 'awaited') return end;
  const late = ` within ${Math.round(deadlineMs / 1000)} s (${words})`;
  throw new ConflictError(
    leftStanding(key, { obstacle, late, isBlind: look.isBlind }),
  );
}
