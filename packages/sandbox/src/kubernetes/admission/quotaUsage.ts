import { ResourceDef, RESOURCES, storeKey } from '../model/resources';
import { Store } from '../store/store';
import { KubeObject } from '../types';
import { parseQuantity } from '../validation/quantity';

const COUNTED: Record<string, string> = {
  Pod: 'pods',
  Service: 'services',
  ConfigMap: 'configmaps',
  Secret: 'secrets',
  ResourceQuota: 'resourcequotas',
};

/** Amounts by the names that a quota limits. */
export type Usage = Record<string, number>;

export const amount = (value: unknown) => parseQuantity(value ?? 0) ?? 0;

/** A pod's usage of a quota; `cpu` and `memory` mean requests. */
function podUsage(pod: KubeObject): Usage {
  const usage: Usage = { pods: 1, 'count/pods': 1 };
  for (const part of ['requests', 'limits']) {
    for (const container of pod.spec.containers ?? []) {
      for (const [name, value] of Object.entries(
        container.resources?.[part] ?? {},
      )) {
        const key = `${part}.${name}`;
        usage[key] = (usage[key] ?? 0) + amount(value);
        if (part === 'requests')
          usage[name] = (usage[name] ?? 0) + amount(value);
      }
    }
  }
  return usage;
}

/** What one object counts for. */
export function usageOf(object: KubeObject, def: ResourceDef): Usage {
  if (object.kind === 'Pod') {
    return ['Succeeded', 'Failed'].includes(object.status?.phase)
      ? {}
      : podUsage(object);
  }
  const counted = COUNTED[object.kind];
  const generic = `count/${
    def.group ? `${def.resource}.${def.group}` : def.resource
  }`;
  return { ...(counted && { [counted]: 1 }), [generic]: 1 };
}

/** What the objects of a namespace use of the names. */
export function usageIn(
  store: Store,
  namespace: string,
  names: string[],
): Usage {
  const used: Usage = Object.fromEntries(names.map(name => [name, 0]));
  for (const def of RESOURCES.filter(r => r.namespaced && !r.virtual)) {
    for (const object of store.list(storeKey(def), namespace)) {
      for (const [name, value] of Object.entries(usageOf(object, def))) {
        if (name in used) {
          used[name] += value;
        }
      }
    }
  }
  return used;
}
