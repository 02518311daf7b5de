import { AdmissionPlugin } from '../api/admission';
import { resourceOf, storeKey } from '../model/resources';
import { forbidden } from '../model/status';
import { Store } from '../store/store';
import { parseQuantity } from '../validation/quantity';

const pick = (map: Record<string, string>, keys: string[]) =>
  Object.fromEntries(Object.entries(map).filter(([key]) => keys.includes(key)));

const amount = (value: unknown) => parseQuantity(value ?? 0) ?? 0;

/** Defaults of a limit, derived as by the API server: default from max, defaultRequest from default or min. */
function defaultsOf(limit: any) {
  const byDefault = { ...limit.max, ...limit.default };
  return {
    limits: byDefault as Record<string, string>,
    requests: { ...limit.min, ...byDefault, ...limit.defaultRequest } as Record<
      string,
      string
    >,
  };
}

function applyDefaults(container: any, limit: any) {
  const { limits, requests } = defaultsOf(limit);
  const own = container.resources ?? {};
  const ownLimits = own.limits ?? {};
  container.resources = {
    ...own,
    limits: { ...limits, ...ownLimits },
    requests: {
      ...requests,
      ...pick(ownLimits, Object.keys(requests)),
      ...own.requests,
    },
  };
}

function violations(resources: any, limit: any, kind: string): string[] {
  const found: string[] = [];
  for (const [name, min] of Object.entries(limit.min ?? {})) {
    const request = resources?.requests?.[name];
    if (request === undefined) {
      found.push(
        `minimum ${name} usage per ${kind} is ${min}.  No request is specified`,
      );
    } else if (amount(request) < amount(min)) {
      found.push(
        `minimum ${name} usage per ${kind} is ${min}, but request is ${request}`,
      );
    }
  }
  for (const [name, max] of Object.entries(limit.max ?? {})) {
    const own = resources?.limits?.[name];
    if (own === undefined) {
      found.push(
        `maximum ${name} usage per ${kind} is ${max}.  No limit is specified`,
      );
    } else if (amount(own) > amount(max)) {
      found.push(
        `maximum ${name} usage per ${kind} is ${max}, but limit is ${own}`,
      );
    }
  }
  return found;
}

/** Applies the LimitRanges of the namespace: defaults for containers without values, and limits for all. */
export function limitRanger(store: Store): AdmissionPlugin {
  const key = storeKey(resourceOf('limitranges'));
  const limitsOf = (namespace: string, type: string): any[] =>
    store
      .list(key, namespace)
      .flatMap(range => range.spec?.limits ?? [])
      .filter((limit: any) => limit.type === type);
  return {
    name: 'LimitRanger',
    admit({ operation, def, namespace, object, subresource }) {
      if (operation !== 'CREATE' || def.kind !== 'Pod' || subresource) return;
      const containers = [
        ...(object!.spec.containers ?? []),
        ...(object!.spec.initContainers ?? []),
      ];
      for (const limit of limitsOf(namespace!, 'Container')) {
        containers.forEach(container => applyDefaults(container, limit));
      }
    },
    validate({ operation, def, namespace, name, object, subresource }) {
      if (operation !== 'CREATE' || def.kind !== 'Pod' || subresource) return;
      const found = limitsOf(namespace!, 'Container').flatMap(limit =>
        object!.spec.containers.flatMap((c: any) =>
          violations(c.resources, limit, 'Container'),
        ),
      );
      if (found.length > 0) {
        throw forbidden(
          def,
          name,
          found.length === 1 ? found[0] : `[${found.join(', ')}]`,
        );
      }
    },
  };
}
