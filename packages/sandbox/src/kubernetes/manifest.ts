import { InternalClient } from './controllers/client';
import { apiVersionOf, findKind } from './model/resources';
import { KubeObject } from './types';

/** An object as clients write it: server-side fields may be missing. */
export type Manifest = Pick<KubeObject, 'apiVersion' | 'kind'> & {
  metadata: {
    name?: string;
    generateName?: string;
    namespace?: string;
    [field: string]: any;
  };
  [field: string]: any;
};

/** Creates or replaces an object. */
export async function applyManifest(
  internal: InternalClient,
  object: Manifest,
  manager: string,
): Promise<KubeObject> {
  const def = findKind(object.apiVersion, object.kind);
  if (!def) {
    throw new Error(
      `The sandbox serves no ${object.apiVersion} ${object.kind}`,
    );
  }
  const namespace = def.namespaced
    ? object.metadata.namespace ?? 'default'
    : undefined;
  const resource = `${def.group}/${def.resource}`;
  const client = internal.as(manager);
  const { name } = object.metadata;
  if (!name || !internal.get(resource, namespace, name)) {
    const { apiVersion, kind, ...body } = object;
    return client.create(
      resource,
      namespace,
      body as Omit<KubeObject, 'apiVersion' | 'kind'>,
    );
  }
  const changed = await client.change(resource, namespace, name, current => {
    for (const key of Object.keys(current)) {
      if (!['metadata', 'status'].includes(key)) delete current[key];
    }
    Object.assign(current, structuredClone(object), {
      apiVersion: apiVersionOf(def),
      metadata: {
        ...current.metadata,
        labels: object.metadata.labels,
        annotations: object.metadata.annotations,
        ...(object.metadata.managedFields && {
          managedFields: object.metadata.managedFields,
        }),
      },
      ...(current.status && { status: current.status }),
    });
  });
  return changed!;
}
