import { ApiError } from '../model/status';
import {
  FieldType,
  fieldsOf,
  isAtomic,
  isSet,
  listKeys,
} from '../schema/schema';
import { KubeObject, ManagedFieldsEntry } from '../types';
import {
  FieldPath,
  flatten,
  fromFieldsV1,
  keySegment,
  readablePath,
  splitPath,
} from './fieldSets';
import { isEntryOf, Manager, withOwnership } from './managedFields';

type JsonObject = Record<string, any>;

const isObject = (value: unknown): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** Merges the applied configuration into the live object by schema: maps and keyed lists merge, other values are replaced. */
function merge(
  live: JsonObject,
  applied: JsonObject,
  model: string,
): JsonObject {
  const fields = fieldsOf(model);
  const result: JsonObject = { ...live };
  for (const [name, value] of Object.entries(applied)) {
    const type: FieldType = fields?.get(name)?.type ?? { type: 'any' };
    result[name] = mergeField(live[name], value, type, model, name);
  }
  return result;
}

function mergeField(
  live: any,
  value: any,
  type: FieldType,
  model: string,
  name: string,
): any {
  if (isObject(value) && isObject(live) && !isAtomic(model, name, type)) {
    if (type.type === 'object') return merge(live, value, type.model);
    if (type.type === 'map') return { ...live, ...value };
  }
  if (Array.isArray(value) && Array.isArray(live) && type.type === 'list') {
    const keys = listKeys(model, name);
    if (keys && type.item.type === 'object') {
      return mergeList(live, value, keys, type.item.model);
    }
    if (isSet(model, name)) {
      return [...new Set([...live, ...value])];
    }
  }
  return value;
}

function mergeList(live: any[], applied: any[], keys: string[], model: string) {
  const result = [...live];
  for (const item of applied) {
    const id = keySegment(item, keys);
    const index = result.findIndex(other => keySegment(other, keys) === id);
    if (index < 0) {
      result.push(item);
    } else {
      result[index] = merge(result[index], item, model);
    }
  }
  return result;
}

/** Removes one path from an object, and parents that become empty. */
function removePath(value: any, segments: string[], model: string): any {
  const [segment, ...rest] = segments;
  if (!isObject(value) || !segment?.startsWith('f:')) {
    return value;
  }
  const name = segment.slice(2);
  if (!(name in value)) {
    return value;
  }
  const type: FieldType = fieldsOf(model)?.get(name)?.type ?? { type: 'any' };
  const { [name]: child, ...others } = value;
  const left =
    rest.length > 0 ? removeInside(child, rest, type, model, name) : undefined;
  return left === undefined ? others : { ...value, [name]: left };
}

function removeInside(
  child: any,
  segments: string[],
  type: FieldType,
  model: string,
  name: string,
): any {
  if (Array.isArray(child)) {
    const [segment, ...rest] = segments;
    const keys = listKeys(model, name);
    const isIt = (item: any) =>
      keys
        ? keySegment(item, keys) === segment
        : `v:${JSON.stringify(item)}` === segment;
    const wholeItem = rest.length === 0;
    const left = wholeItem
      ? child.filter(item => !isIt(item))
      : child.map(item =>
          isIt(item) && type.type === 'list' && type.item.type === 'object'
            ? removePath(item, rest, type.item.model)
            : item,
        );
    return left.length > 0 ? left : undefined;
  }
  const inner =
    type.type === 'object'
      ? removePath(child, segments, type.model)
      : removePath(child, segments, '');
  return isObject(inner) && Object.keys(inner).length === 0 ? undefined : inner;
}

interface Conflict {
  entry: ManagedFieldsEntry;
  path: FieldPath;
}

/** The owner of a field in a conflict; of one who applied it, only the name. */
function ownerOf({ entry }: Conflict): string {
  const { manager, subresource, operation, apiVersion } = entry;
  const name = `${JSON.stringify(manager)}${
    subresource ? ` with subresource ${JSON.stringify(subresource)}` : ''
  }`;
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}

function conflictError(conflicts: Conflict[]): ApiError {
  const byManager = new Map<string, FieldPath[]>();
  for (const c of conflicts) {
    const key = ownerOf(c);
    byManager.set(key, [...(byManager.get(key) ?? []), c.path]);
  }
  const texts = [...byManager].map(([manager, paths]) =>
    paths.length === 1
      ? `conflict with ${manager}: ${readablePath(paths[0])}`
      : `conflicts with ${manager}:${paths
          .map(p => `\n- ${readablePath(p)}`)
          .join('')}`,
  );
  return new ApiError(
    409,
    'Conflict',
    `Apply failed with ${conflicts.length} conflict${
      conflicts.length === 1 ? '' : 's'
    }: ${texts.join('\n')}`,
    {
      causes: conflicts.map(c => ({
        reason: 'FieldManagerConflict',
        message: `conflict with ${ownerOf(c)}`,
        field: readablePath(c.path),
      })),
    },
  );
}

/**
 * Server-side apply: merges the configuration, removes fields that this manager applied before and no other owns, and
 * refuses to change other managers' fields unless forced.
 */
export function serverSideApply(
  live: KubeObject | undefined,
  applied: KubeObject,
  model: string,
  manager: Manager,
  force: boolean,
): KubeObject {
  const part = manager.subresource === 'status' ? 'status' : 'main';
  const config = flatten(applied, model, part, 'applied');
  const current = live
    ? flatten(live, model, 'all', 'applied')
    : new Map<FieldPath, string>();
  const entries = live?.metadata.managedFields ?? [];
  const others = entries
    .filter(entry => !isEntryOf(entry, manager))
    .map(entry => ({ entry, paths: fromFieldsV1(entry.fieldsV1) }));

  const differing = [...config.keys()].filter(
    path => current.has(path) && current.get(path) !== config.get(path),
  );
  const conflicts = differing.flatMap(path =>
    others
      .filter(other => other.paths.has(path))
      .map(({ entry }) => ({ entry, path })),
  );
  if (conflicts.length > 0 && !force) {
    throw conflictError(conflicts);
  }

  const own = entries.find(entry => isEntryOf(entry, manager));
  const ownedByOthers = new Set(others.flatMap(other => [...other.paths]));
  const abandoned = [...fromFieldsV1(own?.fieldsV1)].filter(
    path => !config.has(path) && !ownedByOthers.has(path),
  );
  const { managedFields: ignored, ...metadata } = applied.metadata;
  const base = live ? merge(live, { ...applied, metadata }, model) : applied;
  const result = abandoned.reduce<JsonObject>(
    (object, path) => removePath(object, splitPath(path), model),
    base,
  ) as KubeObject;
  return {
    ...result,
    metadata: {
      ...result.metadata,
      managedFields: withOwnership(
        entries,
        manager,
        new Set(config.keys()),
        new Set(conflicts.map(c => c.path)),
      ),
    },
  };
}
