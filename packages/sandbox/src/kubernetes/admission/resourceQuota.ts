import { AdmissionPlugin } from '../api/admission';
import { ResourceDef, resourceOf, storeKey } from '../model/resources';
import { forbidden } from '../model/status';
import { Store } from '../store/store';
import { clone, KubeObject } from '../types';
import { formatQuantity, parseQuantity } from '../validation/quantity';

const COUNTED: Record<string, string> = {
  Pod: 'pods',
  Service: 'services',
  ConfigMap: 'configmaps',
  Secret: 'secrets',
  ResourceQuota: 'resourcequotas',
};

type Usage = Record<string, number>;

const amount = (value: unknown) => parseQuantity(value ?? 0) ?? 0;

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

function usageOf(object: KubeObject, def: ResourceDef): Usage {
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

const isCompute = (name: string) =>
  /^(?:limits\.|requests\.)?(?:cpu|memory)$/.test(name);

function missing(pod: KubeObject, hard: string[]): string[] {
  return hard.filter(isCompute).flatMap(name => {
    const [part, resource] = name.includes('.')
      ? name.split('.')
      : ['requests', name];
    const without = pod.spec.containers
      .filter((c: any) => c.resources?.[part]?.[resource] === undefined)
      .map((c: any) => c.name);
    return without.length > 0 ? [`${name} for: ${without.join(',')}`] : [];
  });
}

const listed = (names: string[], value: (name: string) => string) =>
  names.map(name => `${name}=${value(name)}`).join(',');

/** Enforces the ResourceQuotas of the namespace and keeps their status up to date. */
export function resourceQuota(store: Store): AdmissionPlugin {
  const quotas = resourceOf('resourcequotas');
  const current = (
    namespace: string,
    def: ResourceDef,
    hard: string[],
  ): Usage => {
    const used: Usage = {};
    for (const object of store.list(storeKey(def), namespace)) {
      for (const [name, value] of Object.entries(usageOf(object, def))) {
        if (hard.includes(name)) used[name] = (used[name] ?? 0) + value;
      }
    }
    return used;
  };
  return {
    name: 'ResourceQuota',
    validate({
      operation,
      def,
      namespace,
      name,
      object,
      subresource,
      context,
    }) {
      if (operation !== 'CREATE' || !namespace || subresource) return;
      for (const quota of store.list(storeKey(quotas), namespace)) {
        const hard: Record<string, string> = quota.spec?.hard ?? {};
        const names = Object.keys(hard).sort();
        const absent = object!.kind === 'Pod' ? missing(object!, names) : [];
        if (absent.length > 0) {
          throw forbidden(
            def,
            name,
            `failed quota: ${quota.metadata.name}: must specify ${absent.join(
              '; ',
            )}`,
          );
        }
        const asked = usageOf(object!, def);
        const used = current(namespace, def, names);
        const over = names.filter(
          n =>
            asked[n] !== undefined &&
            (used[n] ?? 0) + asked[n] > amount(hard[n]),
        );
        if (over.length > 0) {
          throw forbidden(
            def,
            name,
            `exceeded quota: ${quota.metadata.name}, requested: ${listed(
              over,
              n => formatQuantity(asked[n], n),
            )}, used: ${listed(over, n =>
              formatQuantity(used[n] ?? 0, n),
            )}, limited: ${listed(over, n => hard[n])}`,
          );
        }
        if (!context.dryRun) {
          charge(store, quota, asked, used, hard);
        }
      }
    },
  };
}

function charge(
  store: Store,
  quota: KubeObject,
  asked: Usage,
  used: Usage,
  hard: Record<string, string>,
) {
  const names = Object.keys(hard).filter(name => asked[name] !== undefined);
  if (names.length === 0) return;
  const next = clone(quota);
  next.status = { hard, used: { ...quota.status?.used } };
  for (const name of names) {
    next.status.used[name] = formatQuantity(
      (used[name] ?? 0) + asked[name],
      name,
    );
  }
  store.put('/resourcequotas', next);
}
