import type { SetupAnswer } from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import { fromJson, toMs } from './values';

/** What the last look at the setup of a cluster found. */
export interface StoredSetup {
  lookedAt: number;
  answers: SetupAnswer[];
}

/** One row for each cluster that was looked at. */
export class SetupStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async all(): Promise<Map<string, StoredSetup>> {
    const rows = await this.#knex('cluster_setups');
    return new Map(
      rows.map(({ cluster, looked_at, answers }) => [
        cluster,
        { lookedAt: toMs(looked_at), answers: fromJson(answers) },
      ]),
    );
  }

  async set(cluster: string, { lookedAt, answers }: StoredSetup) {
    await this.#knex('cluster_setups')
      .insert({
        cluster,
        looked_at: lookedAt,
        answers: JSON.stringify(answers),
      })
      .onConflict('cluster')
      .merge();
  }
}
