import {
  compareHarm,
  type AssociationRow,
  type PodIdentityApi,
} from 'backstage-plugin-eks-pod-identity-common';

/** Milliseconds for which the cells of a table share what was loaded. */
const KEEP_MS = 60_000;
const ROWS = 200;
/** A portal with more has no room for them in a browser. */
const MOST_PAGES = 10;

/** The identities of each entity, the worst first. */
type Rows = Map<string, AssociationRow[]>;

const loaded = new WeakMap<object, { at: number; rows: Promise<Rows> }>();

async function load(api: PodIdentityApi): Promise<Rows> {
  const rows: Rows = new Map();
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const { items, nextCursor } = await api.listAssociations({
      limit: ROWS,
      cursor,
    });
    for (const row of items) {
      const { entityRef } = row;
      if (!entityRef) continue;
      rows.set(entityRef, [...(rows.get(entityRef) ?? []), row]);
    }
    cursor = nextCursor;
    if (!cursor) break;
  }
  for (const all of rows.values()) {
    all.sort(compareHarm);
    // Those not loaded would be missing in what is counted
    if (cursor) all.splice(1);
  }
  return rows;
}

/** The identities of each entity that the user may see, the worst first: one request for a whole table. */
export function rowsByEntity(api: PodIdentityApi, now: number) {
  const kept = loaded.get(api);
  if (kept && kept.at + KEEP_MS > now) return kept.rows;
  const rows = load(api);
  loaded.set(api, { at: now, rows });
  // A failure is not kept
  rows.catch(() => loaded.delete(api));
  return rows;
}
