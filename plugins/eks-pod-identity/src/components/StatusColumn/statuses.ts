import {
  IDENTITY_STATUS_ORDER,
  type AssociationRow,
  type IdentityStatus,
  type PodIdentityApi,
} from 'backstage-plugin-eks-pod-identity-common';

/** Milliseconds for which the cells of a table share what was loaded. */
const KEEP_MS = 60_000;
const ROWS = 200;
/** A portal with more has no room for them in a browser. */
const MOST_PAGES = 10;

type Statuses = Map<string, IdentityStatus>;

const loaded = new WeakMap<
  object,
  { at: number; statuses: Promise<Statuses> }
>();

function note(statuses: Statuses, { entityRef, status }: AssociationRow) {
  if (!entityRef) return;
  const before = statuses.get(entityRef);
  const rank = (one: IdentityStatus) => IDENTITY_STATUS_ORDER.indexOf(one);
  if (!before || rank(status) < rank(before)) statuses.set(entityRef, status);
}

async function load(api: PodIdentityApi): Promise<Statuses> {
  const statuses: Statuses = new Map();
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const { items, nextCursor } = await api.listAssociations({
      limit: ROWS,
      cursor,
    });
    for (const row of items) note(statuses, row);
    cursor = nextCursor;
    if (!cursor) break;
  }
  return statuses;
}

/** The worst status of each entity with an identity that the user may see: one request for a whole table. */
export function statusesOf(api: PodIdentityApi, now: number) {
  const kept = loaded.get(api);
  if (kept && kept.at + KEEP_MS > now) return kept.statuses;
  const statuses = load(api);
  loaded.set(api, { at: now, statuses });
  // A failure is not kept
  statuses.catch(() => loaded.delete(api));
  return statuses;
}
