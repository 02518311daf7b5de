import { ownPolicyIn, RENDER_AGAIN } from '../../kubernetes/admissionPolicies';
import {
  isKubernetesError,
  namesQuota,
  namesWebhook,
} from '../../kubernetes/errors';
import type { V1Pod } from '../../kubernetes/objects';
import { HASH_LABEL, podOfTemplate } from '../../kubernetes/podOfTemplate';
import { explainForbidden } from '../../kubernetes/rbac';
import { makesRoom } from '../../kubernetes/rollout';
import type { KubernetesApi, LiveWorkload } from '../../kubernetes/types';
import { fullStop } from '../../text/fullStop';
import type { WorkloadPods } from '../gate';
import { openKubernetes } from '../steps/reading';
import type { Scope } from '../steps/scope';
import type { Restartable } from './readWorkloads';

/** A pod of the workload, of the same ReplicaSet as a pod that runs. */
function podOf(
  { spec }: LiveWorkload,
  workload: { name: string; namespace: string },
  like: V1Pod | undefined,
): V1Pod {
  const hash = like?.metadata?.labels?.[HASH_LABEL];
  return podOfTemplate(spec ?? {}, {
    ...workload,
    ...(hash ? { labels: { [HASH_LABEL]: hash } } : {}),
    owners: like?.metadata?.ownerReferences,
  });
}

/** Why the API refused a dry run; undefined where that says nothing of pods of a controller. */
async function refusalOf(
  api: KubernetesApi,
  error: unknown,
  live: LiveWorkload,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!isKubernetesError(error)) throw error;
  const { kind, message } = error;
  if (kind === 'aborted') throw error;
  // Where an old pod ends first, its share of the quota is free by then.
  if (kind === 'quota') return makesRoom(live) ? undefined : message;
  if (kind === 'invalid') {
    return ownPolicyIn(message)
      ? `${fullStop(message)} ${RENDER_AGAIN}`
      : message;
  }
  if (kind === 'server') return namesWebhook(message) ? message : undefined;
  if (kind !== 'forbidden') return undefined;
  const cause = await explainForbidden(api, error, { signal });
  return cause.by === 'admission' && !namesQuota(message) ? message : undefined;
}

/**
 * Tries the restart without writing: the changed template, and a pod of it, where the portal may dry-run pods.
 *
 * @returns why nothing should be written; a sentence without its beginning and end
 * @throws KubernetesError when the portal is not allowed to restart the workload
 */
export async function preflight(
  scope: Scope,
  workload: Restartable & { uid: string | undefined },
  {
    api,
    live,
    pods,
    at,
    lacksIt,
  }: {
    /** With the rights of the restart. */
    api: KubernetesApi;
    live: LiveWorkload;
    /** The running ones, of this and other workloads. */
    pods: readonly V1Pod[];
    /** ISO 8601. */
    at: string;
    /** Of a pod that was dry-run: whether it lacks the identity. */
    lacksIt(pod: V1Pod): WorkloadPods[];
  },
): Promise<string | undefined> {
  const { signal } = scope.context;
  const { namespace } = scope.ref;
  const { kind, name, uid } = workload;
  const key = { kind, namespace, name, uid };
  let restarted: LiveWorkload;
  try {
    restarted = await api.restartWorkload(key, at, { signal, dryRun: true });
  } catch (error) {
    const why = await refusalOf(api, error, live, signal);
    if (why) return `the cluster refuses the changed template: ${why}`;
    throw error;
  }
  const uids = new Set(workload.pods.map(pod => pod.uid));
  const like = pods.find(pod => uids.has(pod.metadata?.uid));
  const verify = scope.context.clusters.session(scope.ref.cluster, 'verify');
  const opened = await openKubernetes(scope, verify);
  if (!opened.known) return undefined;
  try {
    const pod = await opened.value.dryRunPod(
      namespace,
      podOf(restarted, { name, namespace }, like),
      { signal },
    );
    return lacksIt(pod).length
      ? 'a dry run of a pod of its template does not receive the identity either'
      : undefined;
  } catch (error) {
    const why = await refusalOf(opened.value, error, live, signal);
    return why && `the cluster refuses pods of its template: ${why}`;
  }
}
