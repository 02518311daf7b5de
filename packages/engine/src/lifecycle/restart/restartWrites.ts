import { ConflictError } from '@backstage/errors';
import type { V1Pod } from '../../kubernetes/objects';
import { replacementOf, replacingOf } from '../../kubernetes/replacing';
import { isMoving, rolloutOf, type Stuck } from '../../kubernetes/rollout';
import { RESTARTED_AT } from '../../kubernetes/workloads';
import type { KubernetesApi, LiveWorkload } from '../../kubernetes/types';
import { instructions } from '../../text/bash';
import { fullStop } from '../../text/fullStop';
import type { Association } from '../../aws/association';
import type { WorkloadPods } from '../gate';
import { openKubernetes } from '../steps/reading';
import type { Scope } from '../steps/scope';
import type { Deed } from '../steps/Step';
import { write } from '../steps/write';
import { deed } from '../steps/deed';
import { preflight } from './preflight';
import { readPods, type Restartable } from './readWorkloads';
import { newestPods, troubleOf, waitForRollout } from './waitForRollout';

/** Why a roll-out is not waited for to its end. */
export const AWAITED = 'another change of this service account waits';

export interface RestartOptions {
  /** As the plan read it; undefined when this run makes it. */
  association?: Association;
  /** Those of the pods in the namespace that need a restart now. */
  outdated(api: KubernetesApi): Promise<WorkloadPods[]>;
  /** Those of a pod that was dry-run, if it lacks the identity. */
  lacksIt(pod: V1Pod): WorkloadPods[];
  /** Why new pods would not receive the identity. */
  obstacle(): string | undefined;
  /** Milliseconds left for this roll-out. */
  remainingMs(): number;
  /**
   * `strict`: what would leave it alone is an error. `must`: so it is, and a roll-out that is stuck is no reason, because
   * the new template is what its pods wait for. `try`: as `must`, and nothing is written. Default: it is left alone with
   * a warning.
   */
  how?: 'strict' | 'must' | 'try';
  /** Called right before the write. */
  onWrite?(): void;
  /** Called when it stopped waiting, because another change waits. */
  onAwaited?(): void;
}

/** Restarts one workload, unless that would change nothing, and waits until its new pods are available. */
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
        step.wroteNothing();
        return `Not restarted: ${obstacle}`;
      }
      const isForced = options.how === 'must' || options.how === 'try';
      const { signal, clock } = scope.context;
      const opened = await openKubernetes(scope, scope.write);
      if (!opened.known) throw new ConflictError(opened.lack.sentence);
      const api = opened.value;
      const own = async () =>
        (await options.outdated(api)).find(
          one => one.kind === kind && one.name === name,
        );
      let live = await api.readWorkload(key, { signal });
      const leave = (why: string) => {
        step.wroteNothing();
        return why;
      };
      const refuse = (why: string, advice = '') => {
        if (options.how) {
          throw new ConflictError(
            [`${what} cannot be restarted: ${fullStop(why)}`, advice]
              .filter(Boolean)
              .join(' '),
          );
        }
        step.warn(
          [`${what} was not restarted: ${fullStop(why)}`, advice]
            .filter(Boolean)
            .join(' '),
        );
        return leave(`Not restarted: ${why}`);
      };
      if (!live) return leave(`${what} is gone`);
      const foreign = foreignTo(live, scope);
      if (foreign) return refuse(foreign);
      /** False where the roll-out goes on without it. */
      const wait = async () => {
        const end = await waitForRollout(scope, step, {
          api,
          key,
          deadlineMs: options.remainingMs(),
          // The next steps of a move build on the roll-out
          toTheEnd: options.how !== undefined,
        });
        if (end === 'done') return true;
        step.warn(
          `Stopped waiting for ${what}: ${AWAITED}. Its roll-out goes on.`,
        );
        options.onAwaited?.();
        return false;
      };
      // A roll-out that is under way may be the one that an interrupted run began.
      if (!isForced && isUnderWay(live, workload, options.association)) {
        if (!(await wait())) return leave(`The roll-out of ${what} goes on`);
        live = (await api.readWorkload(key, { signal })) ?? live;
      }
      const outdated = await own();
      if (!outdated) return leave(`All pods of ${what} are new already`);
      const pods = await readPods(api, scope);
      const how = replacingOf(kind, live);
      const stuck = isForced
        ? undefined
        : how.stuck ?? stuckNow(workload, live, pods);
      const { heldBack, advice, commands } = replacementOf(
        namespace,
        { kind, name, pods: outdated.pods },
        { ...how, stuck },
      );
      const steps = advice && instructions(advice, commands);
      if (heldBack) return refuse(heldBack, steps);
      const at = new Date(clock.now()).toISOString();
      const uid = live.metadata?.uid;
      const why = await preflight(
        scope,
        { ...workload, uid },
        { api, live, pods, at, lacksIt: options.lacksIt },
      );
      if (why) return refuse(why, 'Nothing was written.');
      if (options.how === 'try') {
        step.wroteNothing();
        return `A restart of ${what} would be accepted`;
      }
      options.onWrite?.();
      await write(scope, step, () => api.restartWorkload({ ...key, uid }, at));
      const isDone = await wait();
      if (advice) step.warn(instructions(advice, commands.slice(1)));
      return isDone
        ? `Restarted ${what}: its new pods are available`
        : `Restarted ${what}: its roll-out goes on`;
    },
  };
}

/** Why it is none of ours. Its pods name it, and the maker of a pod can name any. */
function foreignTo(live: LiveWorkload, { ref }: Scope): string | undefined {
  const spec = live.spec?.template?.spec;
  const runsUnder = spec?.serviceAccountName ?? 'default';
  return runsUnder === ref.serviceAccount
    ? undefined
    : `its pod template names the service account ${runsUnder}`;
}

/** What blocks a roll-out that was under way before this restart. */
function stuckNow(
  workload: Restartable,
  live: LiveWorkload,
  pods: readonly V1Pod[],
): Stuck | undefined {
  if (!isMoving(workload.kind, live)) return undefined;
  const trouble = troubleOf(newestPods(workload, live, pods));
  return trouble?.certain ? trouble : undefined;
}

/** True while a roll-out makes pods that do not need another one. */
function isUnderWay(
  live: LiveWorkload,
  { kind, pods }: Restartable,
  association: Association | undefined,
): boolean {
  const { paused, strategy } = replacingOf(kind, live);
  if (paused || strategy === 'OnDelete') return false;
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
