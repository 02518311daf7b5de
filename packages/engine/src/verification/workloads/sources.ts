import { sourceOf } from '../../identity/deployer';
import type { V1ObjectMeta } from '../../kubernetes/objects';
import type { KubernetesApi } from '../../kubernetes/types';
import type { Collecting, Collector } from '../framework/collecting';
import { known, valueOf } from '../framework/fact';
import { askKubernetes } from '../access/askKubernetes';

type List = (
  api: KubernetesApi,
  namespace: string,
  signal: AbortSignal,
) => Promise<{ metadata?: V1ObjectMeta }[]>;

/** How workloads of a kind are listed. */
const LISTS: Record<'deployment' | 'statefulset' | 'daemonset', List> = {
  deployment: (api, namespace, signal) =>
    api.listDeployments(namespace, { signal }),
  statefulset: (api, namespace, signal) =>
    api.listStatefulSets(namespace, { signal }),
  daemonset: (api, namespace, signal) =>
    api.listDaemonSets({ namespace }, { signal }),
};
type Kind = keyof typeof LISTS;

/** The kinds of those workloads whose pods this run has seen. */
async function kindsOf(c: Collecting): Promise<Kind[]> {
  const [pods, strays] = await Promise.all([c.get('pods'), c.get('strays')]);
  const owners = [...(valueOf(pods) ?? []), ...(valueOf(strays) ?? [])];
  const kinds = owners.map(({ owner }) => owner.kind.toLowerCase());
  return (Object.keys(LISTS) as Kind[]).filter(kind => kinds.includes(kind));
}

/** The tools from whose source workloads of the namespace come; read only for a fix that changes one. */
export const collectSources: Collector<'sources'> = async c => {
  const { namespace } = c.request.ref;
  const sources: Record<string, string> = {};
  for (const kind of await kindsOf(c)) {
    const found = await askKubernetes(
      c,
      c.read,
      { verb: 'list', resource: `${kind}s`, group: 'apps', namespace },
      (kubernetes, signal) => LISTS[kind](kubernetes, namespace, signal),
    );
    if (!found.known) return found;
    for (const object of found.value) {
      const source = sourceOf(object);
      if (source) sources[`${kind}/${object.metadata?.name}`] = source;
    }
  }
  return known(sources);
};
