import type { V1Pod } from '../../kubernetes/objects';
import { readPods } from '../../lifecycle/restart/readWorkloads';
import { restartWorkload } from '../../lifecycle/restart/restartWrites';
import type { PlanBuilder } from '../../lifecycle/steps/PlanBuilder';
import type { Scope } from '../../lifecycle/steps/scope';
import { podsWhere, type RestartableWorkload } from './reading';

/**
 * A container without a readiness probe is ready when its process starts, before its program asks for credentials for the
 * first time; without the association that would be refused. Milliseconds, enough for a JVM to start.
 */
export const FIRST_ASK_MS = 20_000;

/** A workload as the resource of a step. */
export const resourceOf = (
  { ref }: Scope,
  { kind, name }: RestartableWorkload,
) => ({ kind: 'workload', name: `${kind} ${ref.namespace}/${name}` } as const);

/** Whether one more restart is worth while: it would wait in vain for pods that cannot become ready. */
export const areReady = (
  workload: RestartableWorkload,
  pods: readonly V1Pod[],
) =>
  workload.pods.every(({ uid }) =>
    pods
      .find(({ metadata }) => metadata?.uid === uid)
      ?.status?.conditions?.some(
        ({ type, status }) => type === 'Ready' && status === 'True',
      ),
  );

function planRefresh(
  builder: PlanBuilder,
  scope: Scope,
  workload: RestartableWorkload,
  {
    dependsOn,
    seconds,
    isLast,
  }: { dependsOn: string[]; seconds: number; isLast: boolean },
): string {
  const { kind, name, pods } = workload;
  const { clock, signal } = scope.context;
  const uids = new Set(pods.map(({ uid }) => uid));
  const restart = restartWorkload(scope, workload, {
    how: 'must',
    obstacle: () => undefined,
    remainingMs: () => seconds * 1_000,
    lacksIt: () => [],
    outdated: async api =>
      podsWhere(await readPods(api, scope), ({ uid }) => uids.has(uid)),
  });
  return builder.add(
    {
      id: `refresh.${kind}.${name}`.toLowerCase(),
      resource: resourceOf(scope, workload),
      owner: 'external',
      change: 'update',
      reason:
        'its pods ask once more, so that the agent holds new credentials for them while the roads change',
      dependsOn,
    },
    {
      ...restart,
      run: async step => {
        const done = await restart.run(step);
        if (isLast) await clock.sleep(FIRST_ASK_MS, signal);
        return done;
      },
    },
  );
}

/**
 * One more restart of each while its pods work, so that the agent holds new credentials for them while the roads change.
 *
 * @returns what the steps after it depend on
 */
export function planRefreshes(
  builder: PlanBuilder,
  scope: Scope,
  workloads: readonly RestartableWorkload[],
  { dependsOn, seconds }: { dependsOn: string[]; seconds: number },
): string[] {
  let before = dependsOn;
  for (const [index, workload] of workloads.entries()) {
    const isLast = index === workloads.length - 1;
    const options = { dependsOn: before, seconds, isLast };
    before = [...dependsOn, planRefresh(builder, scope, workload, options)];
  }
  return before;
}
