import type { Evidence } from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../../aws/association';
import { retryUntil } from '../../async/retry';
import type { ReadEvidence } from '../../evidence/types';
import type { V1Pod } from '../../kubernetes/objects';
import { openKubernetes, readOrExplain } from '../../lifecycle/steps/reading';
import { readPods } from '../../lifecycle/restart/readWorkloads';
import { emit, type Scope } from '../../lifecycle/steps/scope';
import type { RunningStep } from '../../lifecycle/steps/Step';
import {
  podFact,
  serves,
} from '../../verification/workloads/kubernetesWorkload';
import {
  obtainedBy,
  presentSince,
} from '../../verification/workloads/obtainedByPods';
import { isMoved, nameOf } from './reading';

/** CloudTrail shows an event up to 15 minutes late, and the program may need some time to ask. Milliseconds. */
const PROOF_MS = 20 * 60_000;
/** Pause between two searches of CloudTrail. Milliseconds. */
const SEARCH_MS = 30_000;

/** What AWS recorded for these pods of the role. */
export type AskAws = (pods: readonly V1Pod[]) => Promise<Evidence>;

/** Searches for those who obtained the roles; undefined where nothing reads what AWS recorded. */
export const askAwsFor = (
  { cluster, context, ref }: Scope,
  roleArns: readonly string[],
  read: ReadEvidence | undefined,
): AskAws | undefined =>
  read &&
  (pods =>
    read({
      ref,
      cluster,
      roleArns,
      pods: pods.map(({ metadata }) => ({
        name: metadata?.name ?? '',
        uid: metadata?.uid,
      })),
      staticKeyIds: [],
      instanceIds: [],
      signal: context.signal,
    }));

/** Which workloads have a pod that obtained the role by Pod Identity, as AWS recorded. */
export function provenIn(
  pods: readonly V1Pod[],
  evidence: Evidence,
  association: Association | undefined,
): Set<string> {
  const moved = pods.filter(serves).map(podFact).filter(isMoved);
  const since = presentSince(association, undefined);
  const { obtained, unnamed } = obtainedBy(moved, evidence, since);
  return new Set(
    [
      ...obtained,
      // Without session tags AWS records the name of the pod, cut off, and no uid
      ...(unnamed
        ? moved.filter(({ name }) =>
            evidence.pods.some(
              one =>
                !one.uid &&
                Date.parse(one.lastAt) >= since &&
                name.startsWith(one.name.replace(/…$/, '')),
            ),
          )
        : []),
    ].map(({ owner }) => nameOf(owner)),
  );
}

/**
 * Waits until AWS shows that a new pod of a workload obtained the role.
 *
 * @returns whether it did within 20 minutes
 */
export async function waitForProof(
  scope: Scope,
  step: Pick<RunningStep, 'id'>,
  {
    workload,
    association,
    ask,
  }: {
    workload: string;
    association(): Promise<Association | undefined>;
    ask: AskAws;
  },
): Promise<boolean> {
  const { clock, signal } = scope.context;
  const present = await association();
  const found = await retryUntil(
    clock,
    {
      deadlineMs: PROOF_MS,
      polling: { first: SEARCH_MS, soon: SEARCH_MS, later: SEARCH_MS },
      signal,
    },
    async attempt => {
      const pods = await readOrExplain(
        scope,
        'look at the running pods',
        async () => {
          const api = await openKubernetes(scope);
          return api.known ? readPods(api.value, scope) : [];
        },
      );
      const evidence = await ask(pods);
      if (provenIn(pods, evidence, present).has(workload)) return true;
      if (attempt === 1) {
        await emit(scope, {
          type: 'step',
          data: {
            id: step.id,
            status: 'waiting',
            message: `Waiting until CloudTrail shows that a pod of ${workload} obtained the role, which takes up to 15 minutes`,
          },
        });
      }
      return undefined;
    },
  );
  return found === true;
}
