import { ResourceDef } from '../model/resources';
import { KubeObject } from '../types';

/** How much of each object a Table row includes. */
export type IncludeObject = 'Metadata' | 'Object' | 'None';

/** Whether the client prefers `as=Table`. */
export const wantsTable = (accept: string | undefined) =>
  /^[^,]*;\s*as=Table/.test(accept ?? '') ||
  /as=Table/.test((accept ?? '').split(',')[0]);

export const wantsPartialMetadata = (accept: string | undefined) =>
  (accept ?? '')
    .split(',')[0]
    .match(/as=(PartialObjectMetadata(?:List)?)/)?.[1];

export const partialMetadata = (object: KubeObject): KubeObject => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata: object.metadata,
});

const rowObject = (object: KubeObject, include: IncludeObject) => {
  if (include === 'None') return undefined;
  return include === 'Object' ? object : partialMetadata(object);
};

/** Objects as the Table that kubectl prints. */
export function tableOf(
  def: ResourceDef,
  objects: KubeObject[],
  options: {
    now: number;
    include: IncludeObject;
    metadata: Record<string, unknown>;
    withColumns?: boolean;
  },
) {
  const { now, include, metadata, withColumns = true } = options;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: withColumns
      ? def.columns.map(c => ({
          name: c.name,
          type: c.type,
          format: c.format ?? '',
          description: c.description,
          priority: c.priority ?? 0,
        }))
      : null,
    rows: objects.map(object => ({
      cells: def.columns.map(c => c.value(object, now)),
      object: rowObject(object, include),
    })),
  };
}
