import {
  KUBERNETES_MARK_ANNOTATIONS,
  MANAGED_BY,
  MANAGED_BY_LABEL,
} from 'backstage-plugin-eks-pod-identity-common';
import type { V1Pod } from '../../kubernetes/objects';
import type { Clock } from '../../async/clock';
import type { ClusterSession } from '../../clusters/types';
import { isKubernetesError } from '../../kubernetes/errors';
import { PROBE_DEADLINE_ANNOTATION, PROBE_LABEL } from './podSpec';

/** A run deletes its probe pod; one this long past its deadline was left behind by a crash. */
const MARGIN_MS = 60_000;

export interface SweepOptions {
  /** Under the verify role, which may delete pods. */
  session: ClusterSession;
  portalId: string;
  clock: Clock;
  signal: AbortSignal;
  /** Namespaces to search when the portal is not allowed to list pods across the cluster. */
  namespaces?: string[];
}

/** What a sweep did, as `namespace/name`. */
export interface SweepResult {
  deleted: string[];
  /** One sentence for each namespace or pod that could not be swept. */
  problems: string[];
}

function isLeftover(pod: V1Pod, portalId: string, now: number): boolean {
  const annotations = pod.metadata?.annotations ?? {};
  if (annotations[KUBERNETES_MARK_ANNOTATIONS.portal] !== portalId)
    return false;
  const deadline = Date.parse(annotations[PROBE_DEADLINE_ANNOTATION] ?? '');
  return Number.isFinite(deadline) && now > deadline + MARGIN_MS;
}

/** Deletes probe pods of this portal that outlived their deadline, by label and age. */
export async function sweepLeftovers(
  options: SweepOptions,
): Promise<SweepResult> {
  const { session, clock, signal, portalId } = options;
  const result: SweepResult = { deleted: [], problems: [] };
  if (session.cluster.kubernetes.access === 'none') return result;
  const kubernetes = await session.kubernetes({ signal });
  const labelSelector = `${MANAGED_BY_LABEL}=${MANAGED_BY},${PROBE_LABEL}=true`;

  let pods: V1Pod[] = [];
  try {
    pods = await kubernetes.listPods({ labelSelector }, { signal });
  } catch (error) {
    if (!isKubernetesError(error, 'forbidden')) throw error;
    for (const namespace of options.namespaces ?? []) {
      try {
        pods.push(
          ...(await kubernetes.listPods(
            { namespace, labelSelector },
            { signal },
          )),
        );
      } catch (inner) {
        signal.throwIfAborted();
        result.problems.push(
          `Probe pods of namespace ${namespace} could not be listed: ${
            (inner as Error).message
          }`,
        );
      }
    }
  }
  for (const pod of pods) {
    if (!isLeftover(pod, portalId, clock.now())) continue;
    const namespace = pod.metadata!.namespace!;
    const name = pod.metadata!.name!;
    try {
      await kubernetes.deletePod(namespace, name, {
        signal,
        gracePeriodSeconds: 0,
      });
      result.deleted.push(`${namespace}/${name}`);
    } catch (error) {
      signal.throwIfAborted();
      result.problems.push(
        `Probe pod ${namespace}/${name} could not be deleted: ${
          (error as Error).message
        }`,
      );
    }
  }
  return result;
}
