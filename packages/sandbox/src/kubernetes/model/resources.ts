import { ResourceDef } from './resourceDef';
import { RESOURCES } from './resourceList';
import { ResourceName } from './status';

export { RESOURCES };
export type { ResourceDef };

const byResource = new Map(
  RESOURCES.map(def => [`${def.group}/${def.resource}`, def]),
);
const byKind = new Map(
  RESOURCES.map(def => [`${apiVersionOf(def)}/${def.kind}`, def]),
);

export function apiVersionOf(def: { group: string; version: string }): string {
  return def.group ? `${def.group}/${def.version}` : def.version;
}

/** Key of a resource in the store: `/pods`, `apps/deployments`. */
export const storeKey = (def: ResourceName) => `${def.group}/${def.resource}`;

export const findResource = (
  group: string,
  version: string,
  resource: string,
) => {
  const def = byResource.get(`${group}/${resource}`);
  return def?.version === version ? def : undefined;
};

/** Stands for a resource that is not served, so that a request for it is authorised like any other. */
export const unserved = (
  group: string,
  version: string,
  resource: string,
  namespaced: boolean,
): ResourceDef => ({
  group,
  version,
  resource,
  namespaced,
  singular: '',
  kind: '',
  verbs: [],
  subresources: [],
  columns: [],
  schema: '',
  unserved: true,
});

export const findKind = (apiVersion: string, kind: string) =>
  byKind.get(`${apiVersion}/${kind}`);

/** Finds a resource for the sandbox's own use; throws when it is not served. */
export function resourceOf(name: string): ResourceDef {
  const def =
    byResource.get(name.includes('/') ? name : `/${name}`) ??
    RESOURCES.find(r => r.resource === name);
  if (!def) {
    throw new Error(`The sandbox serves no resource named ${name}`);
  }
  return def;
}

/** API groups in discovery order, with their resources. */
export function groups(): Map<string, ResourceDef[]> {
  const result = new Map<string, ResourceDef[]>();
  for (const def of RESOURCES) {
    result.set(def.group, [...(result.get(def.group) ?? []), def]);
  }
  return result;
}
