import type { EndedRun, WorkloadOfAccount } from './facts';
import type { Account } from './roads';
import { keysOf } from './specs';

/** A workload without a running pod, and its last run if that is still there. */
interface Idle {
  workload: WorkloadOfAccount;
  last?: EndedRun;
}

/** What has no running pod. */
export function idleOf({ pods, template }: Account): Idle[] {
  const running = new Set([...pods.workloads.values()].flatMap(keysOf));
  return [...template.workloads]
    .filter(([key]) => !running.has(key))
    .map(([key, workload]) => ({ workload, last: pods.ended.get(key) }));
}

/** Names of the nodes that its pods run on, or ran on last where they have ended. */
export const nodesOf = (account: Account): string[] => [
  ...new Set([
    ...[...account.pods.nodes.keys()].filter(Boolean),
    ...idleOf(account).flatMap(({ last }) => [...(last?.nodes ?? [])]),
  ]),
];
