import { KubeObject, ManagedFieldsEntry } from '../types';
import { FieldPath, flatten, fromFieldsV1, toFieldsV1 } from './fieldSets';

export interface Manager {
  name: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  time: string;
  subresource?: string;
}

export const isEntryOf = (entry: ManagedFieldsEntry, manager: Manager) =>
  entry.manager === manager.name &&
  entry.operation === manager.operation &&
  entry.apiVersion === manager.apiVersion &&
  (entry.subresource ?? '') === (manager.subresource ?? '');

/** Makes the manager own exactly `paths`, and removes `lost` from all other managers. */
export function withOwnership(
  entries: ManagedFieldsEntry[],
  manager: Manager,
  paths: Set<FieldPath>,
  lost: Set<FieldPath>,
): ManagedFieldsEntry[] {
  const others = entries
    .filter(entry => !isEntryOf(entry, manager))
    .map(entry => {
      const owned = fromFieldsV1(entry.fieldsV1);
      const kept = [...owned].filter(path => !lost.has(path));
      return kept.length === owned.size
        ? entry
        : { ...entry, fieldsV1: toFieldsV1(kept) };
    })
    .filter(entry => Object.keys(entry.fieldsV1 ?? {}).length > 0);
  if (paths.size === 0) {
    return others;
  }
  const before = entries.find(entry => isEntryOf(entry, manager));
  const fieldsV1 = toFieldsV1(paths);
  const unchanged =
    before && JSON.stringify(before.fieldsV1) === JSON.stringify(fieldsV1);
  const time = unchanged ? before.time : manager.time;
  const own: ManagedFieldsEntry = {
    manager: manager.name,
    operation: manager.operation,
    apiVersion: manager.apiVersion,
    // The API server keeps none for a scale.
    ...(manager.subresource !== 'scale' && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1,
    ...(manager.subresource && { subresource: manager.subresource }),
  };
  return [...others, own];
}

/** The managedFields after an ordinary create, update or patch: a manager that changes a field becomes its only owner. */
export function afterUpdate(
  before: KubeObject | undefined,
  after: KubeObject,
  model: string,
  manager: Manager,
): ManagedFieldsEntry[] {
  const part = manager.subresource === 'status' ? 'status' : 'main';
  // No field of a spec that stays as it is changes its owner, and there are many
  const isSpecKept =
    part === 'status' ||
    JSON.stringify(before?.spec) === JSON.stringify(after.spec);
  const flat = ({ spec, ...rest }: KubeObject) =>
    flatten(isSpecKept ? rest : { ...rest, spec }, model, part, 'updated');
  const old = before ? flat(before) : new Map();
  const now = flat(after);
  const changed = new Set(
    [...now.keys()].filter(path => old.get(path) !== now.get(path)),
  );
  const removed = new Set([...old.keys()].filter(path => !now.has(path)));
  const entries = givenEntries(before, after);
  const own = entries.find(entry => isEntryOf(entry, manager));
  const paths = new Set(
    [...fromFieldsV1(own?.fieldsV1), ...changed].filter(
      path => !removed.has(path),
    ),
  );
  return withOwnership(
    entries,
    manager,
    paths,
    new Set([...changed, ...removed]),
  );
}

/** The managedFields in a request: a client may edit them, or reset them with an empty list or entry. */
function givenEntries(
  before: KubeObject | undefined,
  after: KubeObject,
): ManagedFieldsEntry[] {
  const given = after.metadata.managedFields;
  if (!before) {
    return [];
  }
  if (given === undefined) {
    return before.metadata.managedFields ?? [];
  }
  return given.filter(entry => entry.manager);
}
