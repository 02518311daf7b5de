import { AdmissionPlugin, AdmissionRequest } from '../api/admission';
import { resourceOf, storeKey } from '../model/resources';
import { forbidden } from '../model/status';
import { Store } from '../store/store';
import { KubeObject } from '../types';
import { formatQuantity, parseQuantity } from '../validation/quantity';

const ANNOTATION = 'kubernetes.io/limit-ranger';

type Quantities = Record<string, string>;

const amount = (value: unknown) => parseQuantity(value ?? 0) ?? 0;

/** The containers of a pod, with what the plugin calls them. */
const containersOf = (pod: KubeObject): [kind: string, container: any][] => [
  ...(pod.spec.containers ?? []).map((c: any) => ['container', c]),
  ...(pod.spec.initContainers ?? []).map((c: any) => ['init container', c]),
];

/** Fills what is missing; returns the names that it filled, sorted. */
function fill(target: Quantities, defaults: Quantities = {}): string[] {
  const missing = Object.keys(defaults).filter(name => !(name in target));
  missing.forEach(name => {
    target[name] = defaults[name];
  });
  return missing.sort();
}

/** Sets the defaults of a namespace's limits, and says so in an annotation. */
function applyDefaults(pod: KubeObject, limits: any[]) {
  const defaults: Quantities = {};
  const requests: Quantities = {};
  for (const limit of limits) {
    Object.assign(defaults, limit.default);
    Object.assign(requests, limit.defaultRequest);
  }
  const notes = containersOf(pod).flatMap(([kind, container]) => {
    const own = container.resources ?? {};
    const merged = { limits: { ...own.limits }, requests: { ...own.requests } };
    const asked = fill(merged.requests, requests);
    const limited = fill(merged.limits, defaults);
    if (asked.length + limited.length > 0) {
      container.resources = { ...own, ...merged };
    }
    return [
      ...(asked.length ? [`${asked.join(', ')} request`] : []),
      ...(limited.length ? [`${limited.join(', ')} limit`] : []),
    ].map(what => `${what} for ${kind} ${container.name}`);
  });
  if (notes.length > 0) {
    pod.metadata.annotations = {
      ...pod.metadata.annotations,
      [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}`,
    };
  }
}

interface Resources {
  requests?: Quantities;
  limits?: Quantities;
}

function minFault(type: string, name: string, min: string, own: Resources) {
  const request = own.requests?.[name];
  const limit = own.limits?.[name];
  const start = `minimum ${name} usage per ${type} is ${min}`;
  if (request === undefined) {
    return `${start}.  No request is specified`;
  }
  if (amount(request) < amount(min)) {
    return `${start}, but request is ${request}`;
  }
  return limit !== undefined && amount(limit) < amount(min)
    ? `${start}, but limit is ${limit}`
    : undefined;
}

function maxFault(type: string, name: string, max: string, own: Resources) {
  const request = own.requests?.[name];
  const limit = own.limits?.[name];
  const start = `maximum ${name} usage per ${type} is ${max}`;
  if (limit === undefined) {
    return `${start}.  No limit is specified`;
  }
  if (amount(limit) > amount(max)) {
    return `${start}, but limit is ${limit}`;
  }
  return request !== undefined && amount(request) > amount(max)
    ? `${start}, but request is ${request}`
    : undefined;
}

function ratioFault(type: string, name: string, most: string, own: Resources) {
  const request = amount(own.requests?.[name]);
  const limit = amount(own.limits?.[name]);
  const start = `${name} max limit to request ratio per ${type} is ${most}`;
  if (request === 0) {
    return `${start}, but no request is specified or request is 0`;
  }
  if (limit === 0) {
    return `${start}, but no limit is specified or limit is 0`;
  }
  return limit / request > amount(most)
    ? `${start}, but provided ratio is ${(limit / request).toFixed(6)}`
    : undefined;
}

const RULES = [
  { part: 'min', faultOf: minFault },
  { part: 'max', faultOf: maxFault },
  { part: 'maxLimitRequestRatio', faultOf: ratioFault },
];

const violations = (limit: any, resources: Resources): string[] =>
  RULES.flatMap(({ part, faultOf }) =>
    Object.entries<string>(limit[part] ?? {})
      .map(([name, bound]) => faultOf(limit.type, name, bound, resources))
      .filter(fault => fault !== undefined),
  );

/** What a pod asks for in all: only what each of its containers names. */
function sumOf(pod: KubeObject, part: 'requests' | 'limits'): Quantities {
  const all: Quantities[] = pod.spec.containers.map(
    (c: any) => c.resources?.[part] ?? {},
  );
  return Object.fromEntries(
    Object.keys(all[0] ?? {})
      .filter(name => all.every(each => name in each))
      .map(name => [
        name,
        all.length === 1
          ? all[0][name]
          : formatQuantity(
              all.reduce((sum, each) => sum + amount(each[name]), 0),
              name,
            ),
      ]),
  );
}

function violationsOf(pod: KubeObject, limit: any): string[] {
  switch (limit.type) {
    case 'Container':
      return containersOf(pod).flatMap(([, container]) =>
        violations(limit, container.resources ?? {}),
      );
    case 'Pod':
      return violations(limit, {
        requests: sumOf(pod, 'requests'),
        limits: sumOf(pod, 'limits'),
      });
    default:
      return [];
  }
}

const isNewPod = ({ operation, def, subresource }: AdmissionRequest) =>
  operation === 'CREATE' && def.kind === 'Pod' && !subresource;

/** Applies the LimitRanges of the namespace: defaults for containers without values, and limits for all. */
export function limitRanger(store: Store): AdmissionPlugin {
  const key = storeKey(resourceOf('limitranges'));
  const limitsOf = (namespace: string): any[] =>
    store.list(key, namespace).flatMap(range => range.spec?.limits ?? []);
  return {
    name: 'LimitRanger',
    admit(request) {
      if (isNewPod(request)) {
        const limits = limitsOf(request.namespace!);
        applyDefaults(
          request.object!,
          limits.filter(limit => limit.type === 'Container'),
        );
      }
    },
    validate(request) {
      if (!isNewPod(request)) {
        return;
      }
      const found = limitsOf(request.namespace!).flatMap(limit =>
        violationsOf(request.object!, limit),
      );
      if (found.length > 0) {
        throw forbidden(
          request.def,
          request.name,
          found.length === 1 ? found[0] : `[${found.join(', ')}]`,
        );
      }
    },
  };
}
