import { afterUpdate } from '../patch/managedFields';
import { decodeObject } from '../schema/decode';
import { ResourceDef } from '../model/resources';
import { KubeObject } from '../types';
import { readObject } from './body';
import { ApiServerDependencies } from './dependencies';
import type { Exchange } from './objects';

/** A kind that is answered but not stored: reviews and token requests. */
export type VirtualKind = Pick<
  ResourceDef,
  'group' | 'version' | 'kind' | 'schema'
>;

/** Reads an object of a kind that is not stored, with the fields that its sender owns. */
export async function readVirtual(
  deps: ApiServerDependencies,
  { request, resource, context }: Exchange,
  kind: VirtualKind,
): Promise<KubeObject> {
  const def = { ...resource.def, ...kind };
  const object = decodeObject(
    await readObject(request, kind.kind),
    def,
    context,
  );
  const managedFields = afterUpdate(undefined, object, kind.schema, {
    ...deps.registry.manager(def, context),
    subresource: resource.subresource,
  });
  const { kind: _kind, apiVersion, metadata, status, ...rest } = object;
  return {
    kind: kind.kind,
    apiVersion,
    metadata: {
      ...metadata,
      ...(managedFields.length > 0 && { managedFields }),
    },
    ...rest,
  };
}
