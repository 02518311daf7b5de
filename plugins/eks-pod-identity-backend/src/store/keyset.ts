import { InputError } from '@backstage/errors';
import type { Knex } from 'knex';

/** One thing that a list is sorted by. Never null, or keyset pagination would lose rows. */
export interface SortKey {
  sql: string;
  type: 'number' | 'string';
}

export interface Sort<By extends string = string> {
  by: By;
  descending?: boolean;
}

/** A row as it was selected, with what it was sorted by. */
export type KeyedRow = { sort_key: number | string };

/** Pages of a list of rows that are called `a`: rows that are equal in the key are sorted by their names. */
export class Keyset<By extends string, Row extends KeyedRow> {
  readonly #keys: Record<By, SortKey>;
  readonly #names: (keyof Row & string)[];

  /** @param names - columns that tell every row from the others */
  constructor(keys: Record<By, SortKey>, names: (keyof Row & string)[]) {
    this.#keys = keys;
    this.#names = names;
  }

  /** Of the row, for the cursor. */
  keyOf({ by }: Sort<By>): string {
    return `${this.#keys[by].sql} as sort_key`;
  }

  /** Orders the query, and starts it behind the row of a cursor. */
  apply(
    query: Knex.QueryBuilder,
    sort: Sort<By>,
    cursor: string | undefined,
  ): void {
    const columns = [
      this.#keys[sort.by].sql,
      ...this.#names.map(name => `a.${name}`),
    ];
    const direction = sort.descending ? 'desc' : 'asc';
    query.orderByRaw(columns.map(each => `${each} ${direction}`).join(', '));
    if (cursor === undefined) return;
    query.andWhereRaw(
      `(${columns.join(', ')}) ${sort.descending ? '<' : '>'} (${columns
        .map(() => '?')
        .join(', ')})`,
      this.#read(cursor, sort),
    );
  }

  cursorAfter(row: Row, sort: Sort<By>): string {
    const key =
      this.#keys[sort.by].type === 'number'
        ? Number(row.sort_key)
        : row.sort_key;
    return Buffer.from(
      JSON.stringify([
        sort.by,
        sort.descending ? 'desc' : 'asc',
        key,
        ...this.#names.map(name => row[name]),
      ]),
    ).toString('base64url');
  }

  #read(cursor: string, sort: Sort<By>): (string | number)[] {
    const [by, direction, key, ...names] = parse(cursor);
    if (
      by === sort.by &&
      direction === (sort.descending ? 'desc' : 'asc') &&
      typeof key === this.#keys[sort.by].type &&
      names.length === this.#names.length &&
      names.every(name => typeof name === 'string') &&
      ![key, ...names].some(value => String(value).includes('\0'))
    ) {
      return [key, ...names] as (string | number)[];
    }
    throw new InputError(
      'The cursor is not one that this list handed out; ask again without it',
    );
  }
}

function parse(cursor: string): unknown[] {
  try {
    const values = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(values) ? values : [];
  } catch {
    return [];
  }
}
