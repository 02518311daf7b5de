import type {
  PermissionCriteria,
  AllOfCriteria,
  AnyOfCriteria,
  NotCriteria,
} from '@backstage/plugin-permission-common';
import type { Knex } from 'knex';
import { likeEscape } from './values';

/**
 * What the rules ask of a list: `values` are exact for `cluster` and `owner`, and patterns with `*` for `namespace`.
 *
 * @public
 */
export interface ServiceAccountFilter {
  key: 'cluster' | 'namespace' | 'owner';
  values: string[];
}

/** Conditions of a permission decision as our rules' `toQuery` writes them; undefined: not limited. */
export type FleetCriteria = PermissionCriteria<ServiceAccountFilter>;

const isAllOf = (
  criteria: FleetCriteria,
): criteria is AllOfCriteria<ServiceAccountFilter> => 'allOf' in criteria;
const isAnyOf = (
  criteria: FleetCriteria,
): criteria is AnyOfCriteria<ServiceAccountFilter> => 'anyOf' in criteria;
const isNot = (
  criteria: FleetCriteria,
): criteria is NotCriteria<ServiceAccountFilter> => 'not' in criteria;

function applyFilter(query: Knex.QueryBuilder, filter: ServiceAccountFilter) {
  switch (filter.key) {
    case 'cluster':
      query.whereIn('a.cluster', filter.values);
      return;
    case 'namespace':
      query.where(any => {
        any.whereRaw('1 = 0');
        for (const pattern of filter.values) {
          any.orWhereRaw("a.namespace like ? escape '\\'", [
            likeEscape(pattern).replace(/\*/g, '%'),
          ]);
        }
      });
      return;
    default: {
      // Owners are a JSON list of lower-case refs; a quoted value matches a whole element. What has no row
      // has no owner, and a decision may be about just that.
      query.where(any => {
        any.whereRaw('1 = 0');
        for (const owner of filter.values) {
          any.orWhereRaw(
            "lower(coalesce(w.owner_refs, '[]')) like ? escape '\\'",
            [`%${likeEscape(JSON.stringify(owner.toLowerCase()))}%`],
          );
        }
      });
    }
  }
}

function applyCriteria(query: Knex.QueryBuilder, criteria: FleetCriteria) {
  if (isAllOf(criteria)) {
    for (const part of criteria.allOf) {
      query.andWhere(inner => applyCriteria(inner, part));
    }
  } else if (isAnyOf(criteria)) {
    query.andWhere(any => {
      for (const part of criteria.anyOf) {
        any.orWhere(inner => applyCriteria(inner, part));
      }
    });
  } else if (isNot(criteria)) {
    query.whereNot(inner => applyCriteria(inner, criteria.not));
  } else {
    applyFilter(query, criteria);
  }
}

function asksForOwners(criteria: FleetCriteria): boolean {
  if (isAllOf(criteria)) return criteria.allOf.some(asksForOwners);
  if (isAnyOf(criteria)) return criteria.anyOf.some(asksForOwners);
  if (isNot(criteria)) return asksForOwners(criteria.not);
  return criteria.key === 'owner';
}

const REF = ['cluster', 'namespace', 'service_account'];

/** Joins the row of the same service account in another table to that of `a`. */
export const sameRef = (table: string) =>
  function on(this: Knex.JoinClause) {
    for (const column of REF) this.on(`a.${column}`, `${table}.${column}`);
  };

/** Limits a query over rows that are called `a` to what a decision leaves. */
export function within(
  query: Knex.QueryBuilder,
  criteria: FleetCriteria | undefined,
) {
  if (!criteria) return;
  // SQLite looks up every row of a join, wanted or not.
  if (asksForOwners(criteria)) query.leftJoin('owners as w', sameRef('w'));
  query.andWhere(inner => applyCriteria(inner, criteria));
}
