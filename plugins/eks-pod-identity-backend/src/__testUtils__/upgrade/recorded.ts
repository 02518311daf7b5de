import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Entity } from '@backstage/catalog-model';
import type { JsonObject, JsonValue } from '@backstage/types';
import type { Knex } from 'knex';
import { migrationsDirectory } from '../../store';

export type Row = Record<string, any>;

/** A portal as it was recorded. */
interface Recorded {
  /** Epoch milliseconds at which it answered. */
  at: number;
  /** SHA-256 of each migration that it had run. */
  migrations: Record<string, string>;
  config: JsonObject;
  entities: Entity[];
  rows: Record<string, Row[]>;
  answers: { path: string; status: number; body: JsonValue }[];
}

export function recorded(commit: string, databaseId: string): Recorded {
  const name = databaseId.startsWith('POSTGRES') ? 'postgres' : 'sqlite';
  const file = join(__dirname, `${commit}-${name}.json.gz`);
  return JSON.parse(gunzipSync(readFileSync(file)).toString('utf8'));
}

/** The rows as if they had been recorded at another time. */
export function rowsAt({ at, rows }: Recorded, now: number): Recorded['rows'] {
  const later = now - at;
  return JSON.parse(
    JSON.stringify(rows)
      .replace(/\b1[78]\d{11}\b/g, ms => String(Number(ms) + later))
      .replace(/\b20\d\d-\d\d-\d\dT[\d:.]+Z/g, iso =>
        new Date(Date.parse(iso) + later).toISOString(),
      ),
  );
}

/** Makes an empty database that of the portal which was recorded. */
export async function fill(
  knex: Knex,
  { migrations, rows }: Pick<Recorded, 'migrations' | 'rows'>,
) {
  for (const name of Object.keys(migrations)) {
    await knex.migrate.up({ directory: migrationsDirectory, name });
  }
  for (const [table, inserted] of Object.entries(rows)) {
    await knex.batchInsert(table, inserted, 20);
  }
}
