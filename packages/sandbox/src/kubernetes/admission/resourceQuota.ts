import { AdmissionPlugin } from '../api/admission';
import { resourceOf, storeKey } from '../model/resources';
import { forbidden } from '../model/status';
import { Store } from '../store/store';
import { KubeObject } from '../types';
import { formatQuantity } from '../validation/quantity';
import { amount, usageIn, usageOf } from './quotaUsage';

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

/** Enforces the ResourceQuotas of the namespace; their controller keeps the status. */
export function resourceQuota(store: Store): AdmissionPlugin {
  const quotas = storeKey(resourceOf('resourcequotas'));
  return {
    name: 'ResourceQuota',
    validate({ operation, def, namespace, name, object, subresource }) {
      if (operation !== 'CREATE' || !namespace || subresource) return;
      for (const quota of store.list(quotas, namespace)) {
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
        const used = usageIn(store, namespace, names);
        const over = names.filter(
          n => asked[n] !== undefined && used[n] + asked[n] > amount(hard[n]),
        );
        if (over.length > 0) {
          throw forbidden(
            def,
            name,
            `exceeded quota: ${quota.metadata.name}, requested: ${listed(
              over,
              n => formatQuantity(asked[n], n),
            )}, used: ${listed(over, n =>
              formatQuantity(used[n], n),
            )}, limited: ${listed(over, n => hard[n])}`,
          );
        }
      }
    },
  };
}
