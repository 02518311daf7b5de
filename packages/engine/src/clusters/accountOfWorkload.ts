import { NotFoundError } from '@backstage/errors';
import { toBackstageError } from '../aws/toBackstageError';
import type { V1ObjectMeta, V1PodSpec } from '../kubernetes/objects';
import type { KubernetesApi } from '../kubernetes/types';
import type { ClusterSession } from './types';

/** A kind whose pods run under the service account of its template. @public */
export type KindWithAccount =
  | 'Deployment'
  | 'StatefulSet'
  | 'DaemonSet'
  | 'CronJob'
  | 'Job'
  | 'Pod';

interface Found {
  metadata?: V1ObjectMeta;
  spec?: V1PodSpec;
}

interface Templated {
  metadata?: V1ObjectMeta;
  spec?: { template?: { spec?: V1PodSpec } };
}

const ofTemplates = async (items: Promise<Templated[]>): Promise<Found[]> =>
  (await items).map(({ metadata, spec }) => ({
    metadata,
    spec: spec?.template?.spec,
  }));

type List = (
  api: KubernetesApi,
  namespace: string,
  options: { signal?: AbortSignal },
) => Promise<Found[]>;

/** Lists, because reading an identity needs no right to get one of them. */
const LISTS: Record<KindWithAccount, List> = {
  Deployment: (api, namespace, o) =>
    ofTemplates(api.listDeployments(namespace, o)),
  StatefulSet: (api, namespace, o) =>
    ofTemplates(api.listStatefulSets(namespace, o)),
  DaemonSet: (api, namespace, o) =>
    ofTemplates(api.listDaemonSets({ namespace }, o)),
  Job: (api, namespace, o) => ofTemplates(api.listJobs(namespace, o)),
  CronJob: async (api, namespace, o) =>
    (await api.listCronJobs(namespace, o)).map(({ metadata, spec }) => ({
      metadata,
      spec: spec?.jobTemplate?.spec?.template?.spec,
    })),
  Pod: (api, namespace, o) => api.listPods({ namespace }, o),
};

/**
 * The service account that the pods of a workload run under.
 *
 * @returns undefined where its template names none: its pods run under `default`
 * @throws NotFoundError where there is no such workload; other errors of `@backstage/errors` where Kubernetes does not tell
 * @public
 */
export async function accountOfWorkload(
  session: ClusterSession,
  workload: { kind: KindWithAccount; namespace: string; name: string },
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { kind, namespace, name } = workload;
  const items = await session
    .kubernetes({ signal })
    .then(api => LISTS[kind](api, namespace, { signal }))
    .catch(error => {
      throw toBackstageError(error, {
        doing: `read ${kind} ${namespace}/${name}`,
        cluster: session.cluster,
      });
    });
  const found = items.find(({ metadata }) => metadata?.name === name);
  if (!found) {
    throw new NotFoundError(
      `There is no ${kind} ${name} in namespace ${namespace} of cluster ${session.cluster.id}: check its name and the namespace.`,
    );
  }
  return found.spec?.serviceAccountName || undefined;
}
