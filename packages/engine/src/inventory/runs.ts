import type { EndedRun, WorkloadOfAccount } from './facts';
import type { Account } from './roads';
import { cronJobOf } from './specs';

/** Whether a Job is a run of a CronJob. */
export const isRunOf = (
  cron: WorkloadOfAccount,
  { kind, name }: WorkloadOfAccount,
) => cron.kind === 'CronJob' && kind === 'Job' && cronJobOf(name) === cron.name;

/** A workload without a running pod, and its last run if that is still there. */
interface Idle {
  workload: WorkloadOfAccount;
  last?: EndedRun;
}

/** What has no running pod. */
export function idleOf({ pods, template }: Account): Idle[] {
  const running = [...pods.workloads.values()];
  const isIdle = (one: WorkloadOfAccount) =>
    !pods.workloads.has(`${one.kind} ${one.name}`) &&
    !(one.kind === 'CronJob' && running.some(other => isRunOf(one, other)));
  return [...template.workloads.values()].filter(isIdle).map(workload => ({
    workload,
    last: pods.ended.get(`${workload.kind} ${workload.name}`),
  }));
}

/** Names of the nodes that its pods run on, or ran on last where they have ended. */
export const nodesOf = (account: Account): string[] => [
  ...new Set([
    ...[...account.pods.nodes.keys()].filter(Boolean),
    ...idleOf(account).flatMap(({ last }) => [...(last?.nodes ?? [])]),
  ]),
];
