import type { Knex } from 'knex';
import { likeEscape, toMs } from './values';

/** Operations that a user started, or that users started for components of an owner, lower case. */
export type StoredBy = { initiator: string } | { owner: string };

/** How much operations take up. */
export interface StoredAmount {
  operations: number;
  events: number;
}

/** An operation as a part of that; the events of a run count for the one that leads it. */
export interface StoredPart {
  /** Epoch milliseconds. */
  createdAt: number;
  events: number;
}

/** What users have had stored since a given time, whatever came of it. */
export class StoredOperations {
  async amount(by: StoredBy, since: number, tx: Knex): Promise<StoredAmount> {
    const [row] = await stored(by, since, tx)
      .count({ operations: '*' })
      .sum({ events: 'last_seq' });
    return {
      operations: Number(row.operations),
      events: Number(row.events ?? 0),
    };
  }

  /** The oldest comes first. */
  async parts(by: StoredBy, since: number, tx: Knex): Promise<StoredPart[]> {
    const rows = await stored(by, since, tx)
      .orderBy(['created_at', 'id'])
      .select('created_at', 'last_seq');
    return rows.map(row => ({
      createdAt: toMs(row.created_at),
      events: Number(row.last_seq),
    }));
  }
}

function stored(by: StoredBy, since: number, tx: Knex) {
  const rows = tx('operations').where('created_at', '>', since);
  return 'initiator' in by
    ? rows.andWhere(by)
    : rows
        .andWhere({ initiator_type: 'user' })
        .andWhereRaw("owner_refs like ? escape '\\'", [
          `%${likeEscape(JSON.stringify(by.owner))}%`,
        ]);
}
