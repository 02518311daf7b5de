import {
  FieldType,
  fieldsOf,
  isAtomic,
  isAtomicModel,
  isSet,
  keyDefault,
  listKeys,
} from '../schema/schema';
import { FieldsV1, KubeObject } from '../types';

/** Path of a field: its FieldsV1 segments (`f:spec`, `k:{"name":"a"}`, `v:"x"`), joined. */
export type FieldPath = string;

const SEPARATOR = '\u0000';

const under = (path: FieldPath, segment: string): FieldPath =>
  path ? `${path}${SEPARATOR}${segment}` : segment;
export const splitPath = (path: FieldPath): string[] => path.split(SEPARATOR);

/** Server-side metadata, which no manager owns. */
const UNOWNED = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
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

/**
 * Which paths an object has: apply owns what it names; an update also owns the maps, lists and optional structs that it
 * adds, so that a manager may own `f:labels` without owning one label.
 */
export type FieldForm = 'applied' | 'updated';

/** What an object always has in Go, so that no manager adds it: structs without a pointer, and lists that are written when empty. */
const ALWAYS_THERE = new Set([
  'metadata',
  'spec',
  'status',
  'template',
  'jobTemplate',
  'strategy',
  'updateStrategy',
  'source',
  'target',
  'loadBalancer',
  'nodeInfo',
  'daemonEndpoints',
  'containers',
]);

class Flattener {
  readonly fields = new Map<FieldPath, string>();

  constructor(private readonly form: FieldForm) {}

  /** `added` once some part above the object is one that may be missing. */
  object(
    value: Record<string, unknown>,
    model: string,
    path: FieldPath,
    added = false,
  ) {
    const fields = fieldsOf(model);
    for (const [name, child] of Object.entries(value)) {
      const type: FieldType = fields?.get(name)?.type ?? { type: 'any' };
      const at = under(path, `f:${name}`);
      this.field(child, type, at, {
        model,
        name,
        added: added || !ALWAYS_THERE.has(name),
      });
    }
  }

  private field(
    value: unknown,
    type: FieldType,
    path: FieldPath,
    from: { model: string; name: string; added: boolean },
  ) {
    const { model, name, added } = from;
    if (value === undefined) {
      return;
    }
    if (Array.isArray(value)) {
      this.list(value, type, path, from);
    } else if (!isObject(value) || isAtomic(model, name, type)) {
      this.leaf(path, value);
    } else if (Object.keys(value).length === 0) {
      if (added || this.form === 'applied') {
        this.leaf(path, value);
      }
    } else if (type.type === 'object') {
      this.part(path, added);
      this.object(value, type.model, path, added);
    } else if (type.type === 'map') {
      this.part(path, added);
      for (const [key, item] of Object.entries(value)) {
        this.leaf(under(path, `f:${key}`), item);
      }
    } else {
      this.leaf(path, value);
    }
  }

  private list(
    items: unknown[],
    type: FieldType,
    path: FieldPath,
    { model, name, added }: { model: string; name: string; added: boolean },
  ) {
    const keys = listKeys(model, name);
    const item = type.type === 'list' ? type.item : undefined;
    if (keys && item?.type === 'object') {
      this.part(path, added);
      for (const entry of items) {
        const at = under(path, keySegment(entry, keys));
        this.leaf(at, 'item');
        if (isObject(entry) && !isAtomicModel(item.model)) {
          this.object(entry, item.model, at, true);
        }
      }
    } else if (isSet(model, name)) {
      this.part(path, added);
      for (const entry of items) {
        this.leaf(under(path, `v:${JSON.stringify(entry)}`), 'item');
      }
    } else {
      this.leaf(path, items);
    }
  }

  /** A map, list or struct with fields of its own. */
  private part(path: FieldPath, added: boolean) {
    if (added && this.form === 'updated') {
      this.leaf(path, 'part');
    }
  }

  private leaf(path: FieldPath, value: unknown) {
    this.fields.set(path, JSON.stringify(value));
  }
}

/** What a write can change: `main` all but the status, `status` the status and most of the metadata. */
export type FieldPart = 'main' | 'status' | 'all';

/** Metadata that a write to the status of a kind leaves as it is. */
export const FIXED_IN_STATUS: Record<string, string[]> = {
  DaemonSet: ['labels'],
  Deployment: ['labels'],
  Pod: ['ownerReferences', 'deletionTimestamp'],
};

/** Every field of an object that a manager can own, with its value as JSON. */
export function flatten(
  object: KubeObject,
  model: string,
  part: FieldPart,
  form: FieldForm,
): Map<FieldPath, string> {
  const flattener = new Flattener(form);
  const { apiVersion, kind, metadata, status, ...rest } = object;
  const owned = Object.fromEntries(
    Object.entries(metadata ?? {}).filter(
      ([name]) =>
        !UNOWNED.has(name) &&
        !(part === 'status' && FIXED_IN_STATUS[kind]?.includes(name)),
    ),
  );
  flattener.object(
    {
      ...(part !== 'status' && rest),
      ...(Object.keys(owned).length > 0 && { metadata: owned }),
      ...(part !== 'main' && status !== undefined && { status }),
    },
    model,
    '',
  );
  return flattener.fields;
}

/** Converts a set of paths to the tree in managedFields; "." stands for a path that has others below it. */
export function toFieldsV1(paths: Iterable<FieldPath>): FieldsV1 {
  const root: FieldsV1 = {};
  const all = [...paths].sort();
  for (const [index, path] of all.entries()) {
    let at = root;
    for (const segment of splitPath(path)) {
      at[segment] ??= {};
      at = at[segment];
    }
    // No character sorts before the separator, so that what is below a path follows it
    if (all[index + 1]?.startsWith(`${path}${SEPARATOR}`)) {
      at['.'] = {};
    }
  }
  return root;
}

/** Of trees that are stored, and so never change. */
const known = new WeakMap<FieldsV1, Set<FieldPath>>();

/** Converts the tree of a managedFields entry to a set of paths. */
export function fromFieldsV1(tree: FieldsV1 = {}): ReadonlySet<FieldPath> {
  const found = known.get(tree);
  if (found) return found;
  const result = new Set<FieldPath>();
  const walk = (node: FieldsV1, path: FieldPath) => {
    const children = Object.entries(node);
    if (path && (children.length === 0 || '.' in node)) {
      result.add(path);
    }
    children
      .filter(([segment]) => segment !== '.')
      .forEach(([segment, child]) => walk(child, under(path, segment)));
  };
  walk(tree, '');
  if (Object.isFrozen(tree)) known.set(tree, result);
  return result;
}

/** `.spec.containers[name="a"].image` */
export function readablePath(path: FieldPath): string {
  return splitPath(path)
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
