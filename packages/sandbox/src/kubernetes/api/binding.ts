import { ResourceDef, storeKey } from '../model/resources';
import { conflict, fieldErrors, invalid, notFound } from '../model/status';
import { Store } from '../store/store';
import { isoTime, KubeObject } from '../types';

/**
 * Assigns a pod to a node, as `pods/binding` does: node and condition in one write, which no manager owns.
 *
 * @returns the pod before the write
 */
export function bindPod(
  store: Store,
  def: ResourceDef,
  place: { namespace?: string; name: string; node: string },
  options: { now: number; dryRun?: boolean },
): KubeObject {
  const { namespace, name, node } = place;
  const pod = store.get(storeKey(def), namespace, name);
  if (!pod) {
    throw notFound(def, name);
  }
  if (!node) {
    throw invalid('', 'Binding', name, [fieldErrors.required('target.name')]);
  }
  const refuse = (why: string) =>
    conflict({ group: '', resource: 'pods/binding' }, name, why);
  if (pod.metadata.deletionTimestamp) {
    throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  }
  if (pod.spec.nodeName) {
    throw refuse(
      `pod ${name} is already assigned to node ${JSON.stringify(
        pod.spec.nodeName,
      )}`,
    );
  }
  const others = (pod.status?.conditions ?? []).filter(
    (condition: any) => condition.type !== 'PodScheduled',
  );
  const condition = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: isoTime(options.now),
  };
  if (!options.dryRun) {
    store.put(storeKey(def), {
      ...pod,
      spec: { ...pod.spec, nodeName: node },
      status: { ...pod.status, conditions: [...others, condition] },
    });
  }
  return pod;
}
