import { Knex } from 'knex';

/** Epoch milliseconds; PostgreSQL's driver hands out bigint as text. */
export function toMs(value: number | string): number {
  return typeof value === 'number' ? value : Number(value);
}

export function toOptionalMs(
  value: number | string | null | undefined,
): number | undefined {
  return value === null || value === undefined ? undefined : toMs(value);
}

export function toIso(ms: number): string {
  return new Date(ms).toISOString();
}

export function toOptionalIso(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : toIso(ms);
}

export function fromJson<T>(text: string): T {
  return JSON.parse(text) as T;
}

export function fromOptionalJson<T>(
  text: string | null | undefined,
): T | undefined {
  return text === null || text === undefined
    ? undefined
    : (JSON.parse(text) as T);
}

/**
 * The database's own clock as an SQL expression, epoch milliseconds. Leases are judged by it alone, so that the
 * clocks of replicas need not agree.
 */
export function databaseNow(knex: Knex, plusMs = 0): Knex.Raw {
  const client = String(knex.client.config.client);
  if (client === 'pg') {
    return knex.raw(
      '(extract(epoch from clock_timestamp()) * 1000)::bigint + ?::bigint',
      [Math.round(plusMs)],
    );
  }
  return knex.raw("cast(unixepoch('subsec') * 1000 as integer) + ?", [
    Math.round(plusMs),
  ]);
}

/** For a LIKE pattern whose escape character is `\`: `%`, `_` and `\` mean nothing special in the text. */
export function likeEscape(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
