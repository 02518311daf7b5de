import { badRequest } from '../model/status';
import {
  FieldType,
  fieldsOf,
  isPatchSet,
  patchMergeKey,
} from '../schema/schema';

type Json = any;
type JsonObject = Record<string, Json>;

const isObject = (value: unknown): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const ORDER = '$setElementOrder/';
const DELETE_FROM = '$deleteFromPrimitiveList/';

/** Sorts items by `$setElementOrder`; unlisted items stay after their left neighbour. */
function inOrder(items: Json[], order: Json[], idOf: (item: Json) => string) {
  const wanted = order.map(idOf);
  const named = wanted
    .map(id => items.find(item => idOf(item) === id))
    .filter(item => item !== undefined);
  const result = [...named];
  for (const [index, item] of items.entries()) {
    if (!wanted.includes(idOf(item))) {
      const left = items.slice(0, index).reverse();
      const anchor = left.find(other => result.includes(other));
      result.splice(anchor ? result.indexOf(anchor) + 1 : 0, 0, item);
    }
  }
  return result;
}

function mergeKeyedList(
  current: Json[],
  patch: Json[],
  key: string,
  item: FieldType,
): Json[] {
  if (patch.some(entry => isObject(entry) && entry.$patch === 'replace')) {
    return patch.filter(entry => !entry.$patch);
  }
  let result = [...current];
  for (const entry of patch) {
    if (!isObject(entry)) {
      throw badRequest(
        'unable to find api field in struct for the json list entry',
      );
    }
    const id = entry[key];
    if (id === undefined) {
      throw badRequest(
        `map: ${JSON.stringify(
          entry,
        )} does not contain declared merge key: ${key}`,
      );
    }
    const index = result.findIndex(other => other[key] === id);
    if (entry.$patch === 'delete') {
      result = result.filter(other => other[key] !== id);
    } else if (index < 0) {
      result.push(mergeValue({}, entry, item));
    } else {
      result[index] = mergeValue(result[index], entry, item);
    }
  }
  return result;
}

function mergeValue(current: Json, patch: Json, type: FieldType): Json {
  if (isObject(patch) && type.type === 'object') {
    return mergeObject(isObject(current) ? current : {}, patch, type.model);
  }
  if (isObject(patch)) {
    const value: FieldType = type.type === 'map' ? type.value : { type: 'any' };
    return mergePlain(isObject(current) ? current : {}, patch, value);
  }
  return patch;
}

function mergePlain(current: JsonObject, patch: JsonObject, value: FieldType) {
  if (patch.$patch === 'replace') {
    const { $patch, ...rest } = patch;
    return rest;
  }
  if (patch.$patch === 'delete') {
    return {};
  }
  const result = { ...current };
  for (const [key, item] of Object.entries(patch)) {
    if (item === null) {
      delete result[key];
    } else {
      result[key] = mergeValue(result[key], item, value);
    }
  }
  return result;
}

const scalarId = (item: Json) => JSON.stringify(item);

function mergeObject(
  current: JsonObject,
  patch: JsonObject,
  model: string,
): JsonObject {
  if (patch.$patch === 'replace') {
    const { $patch, ...rest } = patch;
    return rest;
  }
  if (patch.$patch === 'delete') {
    return {};
  }
  const fields = fieldsOf(model);
  const result = { ...current };
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) {
      continue;
    }
    if (value === null) {
      delete result[key];
      continue;
    }
    const type: FieldType = fields?.get(key)?.type ?? { type: 'any' };
    if (Array.isArray(value) && type.type === 'list') {
      const before: Json[] = Array.isArray(result[key]) ? result[key] : [];
      const mergeKey = patchMergeKey(model, key);
      if (mergeKey && type.item.type === 'object') {
        result[key] = mergeKeyedList(before, value, mergeKey, type.item);
      } else if (isPatchSet(model, key)) {
        result[key] = [...new Set([...before, ...value])];
      } else {
        result[key] = value;
      }
    } else {
      result[key] = mergeValue(result[key], value, type);
    }
  }
  return directives(result, patch, model);
}

/** Applies `$retainKeys`, `$deleteFromPrimitiveList/…` and `$setElementOrder/…` after the merge. */
function directives(
  merged: JsonObject,
  patch: JsonObject,
  model: string,
): JsonObject {
  let result = merged;
  if (Array.isArray(patch.$retainKeys)) {
    result = Object.fromEntries(
      Object.entries(result).filter(([key]) => patch.$retainKeys.includes(key)),
    );
  }
  for (const [directive, value] of Object.entries(patch)) {
    if (directive.startsWith(DELETE_FROM)) {
      const key = directive.slice(DELETE_FROM.length);
      result[key] = (result[key] ?? []).filter(
        (item: Json) => !value.includes(item),
      );
    }
    if (directive.startsWith(ORDER)) {
      const key = directive.slice(ORDER.length);
      const mergeKey = patchMergeKey(model, key);
      const idOf = mergeKey
        ? (item: Json) => scalarId(item?.[mergeKey])
        : scalarId;
      if (Array.isArray(result[key])) {
        result[key] = inOrder(result[key], value, idOf);
      }
    }
  }
  return result;
}

/** Kubernetes' strategic merge patch: like a merge patch, but lists with a merge key merge item by item. */
export function applyStrategicMerge<T>(
  document: T,
  patch: unknown,
  model: string,
): T {
  if (!isObject(patch)) {
    throw badRequest(
      'error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}',
    );
  }
  return mergeObject(document as JsonObject, patch, model) as T;
}
