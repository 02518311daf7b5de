import type { Timeline } from 'backstage-plugin-eks-pod-identity-common';
import { Knex } from 'knex';
import { fromJson } from './values';

/** Timelines of runs; they go with their operations. */
export class TimelineStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async insert(runId: string, timeline: Timeline, tx: Knex = this.#knex) {
    await tx('operation_timelines').insert({
      run_id: runId,
      timeline: JSON.stringify(timeline),
    });
  }

  async find(runId: string): Promise<Timeline | undefined> {
    const row = await this.#knex('operation_timelines')
      .where({ run_id: runId })
      .first();
    return row && fromJson(row.timeline);
  }
}
