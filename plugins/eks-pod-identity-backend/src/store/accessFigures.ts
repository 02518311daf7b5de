import {
  accessNotesOf,
  type AccessRoad,
  type AccessRow,
  type AccessShare,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import { inParts } from './refs';
import { toIso, toMs } from './values';

const TABLE = 'access_figures';

/** How many service accounts of an owner have a verdict, a road or a note. */
interface Figure {
  /** Lower case; empty for those without an owner, `*` for all. */
  owner_ref: string;
  what: 'verdict' | 'road' | 'note';
  name: string;
  count: number;
}

/** A row, and who owns what it is linked to; lower case. */
interface Counted {
  row: AccessRow;
  ownerRef?: string;
}

/** The sums of all owners: a picture over time reads them alone. */
const ALL = '*';

/** Counts by name. */
export type Counts = Record<string, number>;

/** Of which only the name of a Secret tells: whether they have an identity is not known. */
export const NOT_COUNTED: AccessRoad = 'secret';

function figuresOf(found: readonly Counted[]): Figure[] {
  const figures = new Map<string, Figure>();
  const add = (owner_ref: string, what: Figure['what'], name: string) => {
    const key = JSON.stringify([owner_ref, what, name]);
    const figure = figures.get(key) ?? { owner_ref, what, name, count: 0 };
    figure.count += 1;
    figures.set(key, figure);
  };
  for (const { row, ownerRef = '' } of found) {
    for (const owner of [ownerRef, ALL]) {
      add(owner, 'verdict', row.verdict);
      add(owner, 'road', row.roads[0]);
    }
    accessNotesOf(row).forEach(note => add(ownerRef, 'note', note));
  }
  return [...figures.values()];
}

export const BY_POD_IDENTITY = `sum(case when a.road = 'pod-identity' then 1 else 0 end) as by_pod_identity`;

/** A share as SQL gives it. */
export interface ShareColumns {
  by_pod_identity: number | string;
  total: number | string;
}

export const toShare = (row: ShareColumns): AccessShare => ({
  byPodIdentity: Number(row.by_pod_identity),
  total: Number(row.total),
});

/** How many of the rows of each owner go by Pod Identity; those without one are under ''. */
function sharesOf(found: readonly Counted[]) {
  const shares = new Map<
    string,
    { owner_ref: string; by_pod_identity: number; total: number }
  >();
  for (const { row, ownerRef = '' } of found) {
    const share = shares.get(ownerRef) ?? {
      owner_ref: ownerRef,
      by_pod_identity: 0,
      total: 0,
    };
    share.total += 1;
    if (row.roads[0] === 'pod-identity') share.by_pod_identity += 1;
    shares.set(ownerRef, share);
  }
  return [...shares.values()];
}

/** The figures of a look take the place of earlier ones of the day. */
export async function storeFigures(
  tx: Knex,
  { cluster, day }: { cluster: string; day: string },
  rows: readonly Counted[],
): Promise<void> {
  const found = rows.filter(({ row }) => row.roads[0] !== NOT_COUNTED);
  await tx('access_days').where({ cluster, day }).delete();
  for (const part of inParts(sharesOf(found))) {
    await tx('access_days').insert(
      part.map(share => ({ ...share, cluster, day })),
    );
  }
  await tx(TABLE).where({ cluster, day }).delete();
  for (const part of inParts(figuresOf(found))) {
    await tx(TABLE).insert(part.map(figure => ({ ...figure, cluster, day })));
  }
}

/** A cluster on one day. */
export interface DayOfCluster extends AccessShare {
  day: string;
  cluster: string;
  verdicts: Counts;
  roads: Counts;
}

/** How many had each verdict or each road, of each day and cluster. */
async function figuresOfDays(
  knex: Knex,
  clusters: string[],
  ownerRef: string,
): Promise<Map<string, { verdicts: Counts; roads: Counts }>> {
  const rows = await knex(TABLE)
    .where({ owner_ref: ownerRef })
    .whereIn('what', ['verdict', 'road'])
    .whereIn('cluster', clusters)
    .select<(Figure & { day: string; cluster: string })[]>(
      'day',
      'cluster',
      'what',
      'name',
      'count',
    );
  const days = new Map<string, { verdicts: Counts; roads: Counts }>();
  for (const { day, cluster, what, name, count } of rows) {
    const key = `${day} ${cluster}`;
    const of = days.get(key) ?? { verdicts: {}, roads: {} };
    of[what === 'verdict' ? 'verdicts' : 'roads'][name] = Number(count);
    days.set(key, of);
  }
  return days;
}

/**
 * Of each day on which a cluster was looked at, the oldest first; of one owner, in lower case, or of all. A day on which the
 * owner had nothing there is one with zeros.
 */
export async function daysOf(
  knex: Knex,
  clusters: string[],
  ownerRef?: string,
): Promise<DayOfCluster[]> {
  const figures = await figuresOfDays(knex, clusters, ownerRef ?? ALL);
  const sumOf = (column: 'by_pod_identity' | 'total') =>
    ownerRef === undefined
      ? knex.raw('sum(??) as ??', [`a.${column}`, column])
      : knex.raw('sum(case when a.owner_ref = ? then ?? else 0 end) as ??', [
          ownerRef,
          `a.${column}`,
          column,
        ]);
  const rows = await knex('access_days as a')
    .whereIn('a.cluster', clusters)
    .groupBy('a.day', 'a.cluster')
    .orderBy('a.day')
    .select<({ day: string; cluster: string } & ShareColumns)[]>(
      'a.day',
      'a.cluster',
      sumOf('by_pod_identity'),
      sumOf('total'),
    );
  return rows.map(row => ({
    day: row.day,
    cluster: row.cluster,
    ...toShare(row),
    ...(figures.get(`${row.day} ${row.cluster}`) ?? {
      verdicts: {},
      roads: {},
    }),
  }));
}

/** How many have each note as the last look at each cluster found it, by owner. */
export async function notesByOwner(
  knex: Knex,
  clusters: string[],
): Promise<Map<string, Counts>> {
  const looks = await knex('access_looks')
    .whereIn('cluster', clusters)
    .whereNotNull('looked_at')
    .select('cluster', 'looked_at');
  const rows: Figure[] = [];
  for (const { cluster, looked_at: at } of looks) {
    const day = toIso(toMs(at)).slice(0, 10);
    rows.push(...(await knex(TABLE).where({ cluster, day, what: 'note' })));
  }
  const owners = new Map<string, Counts>();
  for (const { owner_ref: owner, name, count } of rows) {
    const counts = owners.get(owner) ?? {};
    counts[name] = (counts[name] ?? 0) + Number(count);
    owners.set(owner, counts);
  }
  return owners;
}

/** By name, without those that come to none. */
export function sumOfCounts(one: Counts, other: Counts, sign = 1): Counts {
  const sums = { ...one };
  for (const [name, count] of Object.entries(other)) {
    sums[name] = (sums[name] ?? 0) + sign * count;
    if (sums[name] === 0) delete sums[name];
  }
  return sums;
}

/** Of a day, whatever the cluster. */
export type Figures = Omit<DayOfCluster, 'day' | 'cluster'>;

/** The sum of two, or with the sign -1 their difference. */
export const added = (one: Figures, other: Figures, sign = 1): Figures => ({
  byPodIdentity: one.byPodIdentity + sign * other.byPodIdentity,
  total: one.total + sign * other.total,
  verdicts: sumOfCounts(one.verdicts, other.verdicts, sign),
  roads: sumOfCounts(one.roads, other.roads, sign),
});
