import {
  FieldType,
  fieldsOf,
  isAtomic,
  isSet,
  keyDefault,
  listKeys,
} from '../schema/schema';
import { FieldsV1, KubeObject } from '../types';

/** Path of a field: its FieldsV1 segments (`f:spec`, `k:{"name":"a"}`, `v:"x"`), joined. */
export type FieldPath = string;

const SEPARATOR = '\u0000';

const joinPath = (segments: string[]): FieldPath => segments.join(SEPARATOR);
export const splitPath = (path: FieldPath): string[] => path.split(SEPARATOR);

/** Server-side metadata, which no manager owns. */
const UNOWNED = new Set([
  'name',
  'namespace',
  'generateName',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
]);

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** The `k:{…}` segment of an item of an associative list. */
export function keySegment(item: unknown, keys: string[]): string {
  const values = Object.fromEntries(
    [...keys]
      .sort()
      .map(key => [
        key,
        (item as Record<string, unknown>)?.[key] ?? keyDefault(key),
      ]),
  );
  return `k:${JSON.stringify(values)}`;
}

class Flattener {
  readonly fields = new Map<FieldPath, string>();

  object(value: Record<string, unknown>, model: string, path: string[]) {
    const fields = fieldsOf(model);
    for (const [name, child] of Object.entries(value)) {
      const type: FieldType = fields?.get(name)?.type ?? { type: 'any' };
      this.field(child, type, [...path, `f:${name}`], model, name);
    }
  }

  private field(
    value: unknown,
    type: FieldType,
    path: string[],
    model: string,
    name: string,
  ) {
    if (value === undefined) {
      return;
    }
    if (Array.isArray(value)) {
      this.list(value, type, path, model, name);
    } else if (
      !isObject(value) ||
      Object.keys(value).length === 0 ||
      isAtomic(model, name, type)
    ) {
      this.leaf(path, value);
    } else if (type.type === 'object') {
      this.object(value, type.model, path);
    } else if (type.type === 'map') {
      for (const [key, item] of Object.entries(value)) {
        this.leaf([...path, `f:${key}`], item);
      }
    } else {
      this.leaf(path, value);
    }
  }

  private list(
    items: unknown[],
    type: FieldType,
    path: string[],
    model: string,
    name: string,
  ) {
    const keys = listKeys(model, name);
    const item = type.type === 'list' ? type.item : undefined;
    if (keys && item?.type === 'object') {
      for (const entry of items) {
        const at = [...path, keySegment(entry, keys)];
        this.leaf([...at, '.'], 'item');
        if (isObject(entry)) {
          this.object(entry, item.model, at);
        }
      }
    } else if (isSet(model, name)) {
      for (const entry of items) {
        this.leaf([...path, `v:${JSON.stringify(entry)}`], 'item');
      }
    } else {
      this.leaf(path, items);
    }
  }

  private leaf(path: string[], value: unknown) {
    this.fields.set(joinPath(path), JSON.stringify(value));
  }
}

/** Every field of an object that a manager can own, with its value as JSON. */
export function flatten(
  object: KubeObject,
  model: string,
  part: 'main' | 'status' | 'all',
): Map<FieldPath, string> {
  const flattener = new Flattener();
  const { apiVersion, kind, metadata, status, ...rest } = object;
  const owned = Object.fromEntries(
    Object.entries(metadata ?? {}).filter(([name]) => !UNOWNED.has(name)),
  );
  flattener.object(
    {
      ...(part !== 'status' && {
        ...rest,
        ...(Object.keys(owned).length > 0 && { metadata: owned }),
      }),
      ...(part !== 'main' && status !== undefined && { status }),
    },
    model,
    [],
  );
  return flattener.fields;
}

/** Converts a set of paths to the tree in managedFields. */
export function toFieldsV1(paths: Iterable<FieldPath>): FieldsV1 {
  const root: FieldsV1 = {};
  for (const path of [...paths].sort()) {
    let at = root;
    for (const segment of splitPath(path)) {
      at[segment] ??= {};
      at = at[segment];
    }
  }
  return root;
}

/** Converts the tree of a managedFields entry to a set of paths. */
export function fromFieldsV1(tree: FieldsV1 | undefined): Set<FieldPath> {
  const result = new Set<FieldPath>();
  const walk = (node: FieldsV1, path: string[]) => {
    const children = Object.entries(node);
    if (children.length === 0 && path.length > 0) {
      result.add(joinPath(path));
    }
    children.forEach(([segment, child]) => walk(child, [...path, segment]));
  };
  walk(tree ?? {}, []);
  return result;
}

/** `.spec.containers[name="a"].image` */
export function readablePath(path: FieldPath): string {
  return splitPath(path)
    .filter(segment => segment !== '.')
    .map(segment => {
      if (segment.startsWith('f:')) {
        return `.${segment.slice(2)}`;
      }
      if (segment.startsWith('k:')) {
        const keys = JSON.parse(segment.slice(2));
        return `[${Object.entries(keys)
          .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
          .join(',')}]`;
      }
      return `[=${segment.slice(2)}]`;
    })
    .join('');
}
