import { groups, ResourceDef } from '../model/resources';
import { asksFor } from './negotiation';

const responseKind = (group: string, version: string, kind: string) => ({
  group,
  version,
  kind,
});

const optional = (def: ResourceDef) => ({
  ...(def.shortNames && { shortNames: def.shortNames }),
  ...(def.categories && { categories: def.categories }),
});

/** `/api/v1` and `/apis/G/V`. */
export function resourceList(group: string) {
  const defs = groups().get(group);
  if (!defs) {
    return undefined;
  }
  return {
    kind: 'APIResourceList',
    ...(group && { apiVersion: 'v1' }),
    groupVersion: group ? `${group}/v1` : 'v1',
    resources: defs.flatMap(def => [
      {
        name: def.resource,
        singularName: def.singular,
        namespaced: def.namespaced,
        kind: def.kind,
        verbs: def.verbs,
        ...optional(def),
      },
      ...def.subresources.map(sub => ({
        name: `${def.resource}/${sub.name}`,
        singularName: '',
        namespaced: def.namespaced,
        kind: sub.kind,
        verbs: sub.verbs,
        ...(sub.group !== def.group && {
          group: sub.group,
          version: sub.version,
        }),
      })),
    ]),
  };
}

/** Whether some resource of the group and version is served. */
export const isServed = ({ group, version }: ResourceDef) =>
  groups().has(group) && version === 'v1';

/** The aggregated form of one group, with all its resources. */
function aggregatedGroup(group: string, defs: ResourceDef[]) {
  return {
    metadata: { name: group, creationTimestamp: null },
    versions: [
      {
        version: 'v1',
        freshness: 'Current',
        resources: defs.map(def => ({
          resource: def.resource,
          responseKind: responseKind(group, 'v1', def.kind),
          scope: def.namespaced ? 'Namespaced' : 'Cluster',
          singularResource: def.singular,
          verbs: def.verbs,
          ...optional(def),
          ...(def.subresources.length > 0 && {
            subresources: def.subresources.map(sub => ({
              subresource: sub.name,
              responseKind: responseKind(sub.group, sub.version, sub.kind),
              verbs: sub.verbs,
            })),
          }),
        })),
      },
    ],
  };
}

export const AGGREGATED =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

export const wantsAggregated = (accept: string | undefined) =>
  asksFor(accept, {
    g: 'apidiscovery.k8s.io',
    v: 'v2',
    as: 'APIGroupDiscoveryList',
  });

/** `/api` (core) or `/apis` (all others) in aggregated form. */
export const aggregatedDiscovery = (core: boolean) => ({
  kind: 'APIGroupDiscoveryList',
  apiVersion: 'apidiscovery.k8s.io/v2',
  metadata: {},
  items: [...groups()]
    .filter(([group]) => (group === '') === core)
    .map(([group, defs]) => aggregatedGroup(group, defs)),
});

export const apiGroup = (group: string) => ({
  name: group,
  versions: [{ groupVersion: `${group}/v1`, version: 'v1' }],
  preferredVersion: { groupVersion: `${group}/v1`, version: 'v1' },
});

export const apiGroupList = () => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: [...groups().keys()].filter(Boolean).map(apiGroup),
});

export const apiVersions = (serverAddress: string) => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
});
