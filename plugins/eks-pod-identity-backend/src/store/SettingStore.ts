import { Knex } from 'knex';

/** Before the id of a cluster: what administrators last heard of it, and since when a process claims to say it, if one does. */
export const UNREAD_KEY = 'unread:';

/** Small facts about this portal that outlive a process. */
export class SettingStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** The value that is there, or else this one, stored now; all replicas get the same. */
  async getOrSet(key: string, value: string): Promise<string> {
    await this.#knex('settings')
      .insert({ key, value })
      .onConflict('key')
      .ignore();
    const row = await this.#knex('settings').where({ key }).first();
    return row.value;
  }

  async get(key: string): Promise<string | undefined> {
    const row = await this.#knex('settings').where({ key }).first();
    return row?.value;
  }

  /** Stores the value where one of those is there; of several that do so at once, one gets true. */
  async replace(key: string, those: string[], value: string): Promise<boolean> {
    const there = this.#knex('settings').where({ key }).whereIn('value', those);
    return (await there.update({ value })) === 1;
  }

  /** Stores the value and answers the one before. */
  async swap(key: string, value: string): Promise<string | undefined> {
    return this.#knex.transaction(async tx => {
      const before = await tx('settings').where({ key }).first();
      await tx('settings').insert({ key, value }).onConflict('key').merge();
      return before?.value;
    });
  }
}
