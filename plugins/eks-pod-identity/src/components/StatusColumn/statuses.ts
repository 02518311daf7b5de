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

type Worst = Map<string, AssociationRow>;

const loaded = new WeakMap<
  object,
  { at: number; statuses: Promise<Worst> }
>();

function note(worst: Worst, row: AssociationRow) {
  const { entityRef } = row;
  if (!entityRef) return;
  const before = worst.get(entityRef);
  if (!before || compareHarm(row, before) < 0) worst.set(entityRef, row);
}

async function load(api: PodIdentityApi): Promise<Worst> {
  const worst: Worst = new Map();
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const { items, nextCursor } = await api.listAssociations({
      limit: ROWS,
      cursor,
    });
    for (const row of items) note(worst, row);
    cursor = nextCursor;
    if (!cursor) break;
  }
  return worst;
}

/** The worst identity of each entity that has one that the user may see: one request for a whole table. */
export function statusesOf(api: PodIdentityApi, now: number) {
  const kept = loaded.get(api);
  if (kept && kept.at + KEEP_MS > now) return kept.statuses;
  const statuses = load(api);
  loaded.set(api, { at: now, statuses });
  // A failure is not kept
  statuses.catch(() => loaded.delete(api));
  return statuses;
}
