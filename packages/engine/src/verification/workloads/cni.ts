import type { V1DaemonSet } from '../../kubernetes/objects';
import type { Collector } from '../framework/collecting';
import { known, valueOf } from '../framework/fact';
import { andThen, askKubernetes } from '../access/askKubernetes';
import type { FactTypes } from '../framework/facts';

const SELECTOR = 'k8s-app=aws-node';
const NAMESPACE = 'kube-system';
const MODE = 'POD_SECURITY_GROUP_ENFORCING_MODE';

/** What the VPC CNI does with pods that have security groups of their own; `strict` is its default. */
export function cniFact(set: V1DaemonSet | undefined): FactTypes['cni'] {
  if (!set) return null;
  const settings = (set.spec?.template?.spec?.containers ?? []).flatMap(
    ({ env = [] }) => env.filter(({ name }) => name === MODE),
  );
  if (settings.some(({ valueFrom }) => valueFrom)) {
    return { podSecurityGroups: 'unseen' };
  }
  return {
    podSecurityGroups: settings.some(({ value }) => value === 'standard')
      ? 'standard'
      : 'strict',
  };
}

/** Read only where a running pod has security groups of its own. */
export const collectCni: Collector<'cni'> = async c => {
  const pods = valueOf(await c.get('pods')) ?? [];
  if (!pods.some(pod => pod.podEni)) return known(null);
  return andThen(
    await askKubernetes(
      c,
      {
        verb: 'list',
        resource: 'daemonsets',
        group: 'apps',
        namespace: NAMESPACE,
      },
      (kubernetes, signal) =>
        kubernetes.listDaemonSets(
          { namespace: NAMESPACE, labelSelector: SELECTOR },
          { signal },
        ),
    ),
    ([set]) => cniFact(set),
  );
};
