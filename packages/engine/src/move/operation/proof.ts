import type { Evidence } from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../../aws/association';
import { retryUntil } from '../../async/retry';
import type { ReadEvidence } from '../../evidence/types';
import type { V1Pod } from '../../kubernetes/objects';
import { openKubernetes, readOrExplain } from '../../lifecycle/steps/reading';
import { readPods } from '../../lifecycle/restart/readWorkloads';
import { emit, type Scope } from '../../lifecycle/steps/scope';
import type { RunningStep } from '../../lifecycle/steps/Step';
import type { PodFact } from '../../verification/framework/facts/workloads';
import { byOwner } from '../../verification/framework/workloadsOf';
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
/** Pause between two searches of CloudTrail, in the first seconds and later. Milliseconds. */
const SOON_MS = 5_000;
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

/** Without session tags AWS records the beginning of the name of the pod, and no uid. */
function provenByName(
  pods: readonly PodFact[],
  moved: readonly PodFact[],
  evidence: Evidence,
  since: number,
): string[] {
  return byOwner(moved).flatMap(({ pods: own, ...workload }) => {
    const name = nameOf(workload);
    const begun = Math.min(...own.map(({ createdAt = Infinity }) => createdAt));
    // CloudTrail cuts off what is below a second
    const from = Math.max(since, Math.floor(begun / 1_000) * 1_000);
    const isProven = evidence.pods.some(entry => {
      const cut = entry.name.replace(/…$/, '');
      const fits = pods.filter(pod => pod.name.startsWith(cut));
      return (
        Date.parse(entry.lastAt) >= from &&
        fits.length > 0 &&
        fits.every(({ owner }) => nameOf(owner) === name)
      );
    });
    return isProven ? [name] : [];
  });
}

/**
 * Which workloads have a pod that obtained the role by Pod Identity, as AWS recorded. Without session tags one counts only
 * since its pods of today were made, and where no pod of another workload has such a name.
 */
export function provenIn(
  pods: readonly V1Pod[],
  evidence: Evidence,
  association: Association | undefined,
): Set<string> {
  const serving = pods.filter(serves).map(podFact);
  const moved = serving.filter(isMoved);
  const since = presentSince(association, undefined);
  if (association?.disableSessionTags) {
    return new Set(provenByName(serving, moved, evidence, since));
  }
  const { obtained } = obtainedBy(moved, evidence, since);
  return new Set(obtained.map(({ owner }) => nameOf(owner)));
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
      polling: { first: SOON_MS, soon: SOON_MS, later: SEARCH_MS },
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
