import type { AgentState } from 'eks-pod-identity-engine/portal';
import { Knex } from 'knex';
import { UNREAD_KEY } from './SettingStore';
import { fromOptionalJson, toOptionalMs } from './values';

/** What the sweep knows of a cluster. */
export interface ClusterState {
  cluster: string;
  /** End of the last whole sweep. */
  sweptAt?: number;
  /** Where an unfinished sweep goes on. */
  cursor?: SweepCursor;
  stale?: { since: number; reason: string };
  agent?: AgentState;
}

/** An unfinished sweep. */
export interface SweepCursor {
  startedAt: number;
  /** When it was last begun or given up; not where one is ordered. */
  triedAt?: number;
  /** Refs up to and including this one are done, in written order. */
  after?: string;
}

interface StateRow {
  cluster: string;
  swept_at: number | string | null;
  cursor: string | null;
  stale_since: number | string | null;
  stale_reason: string | null;
  agent: string | null;
}

/** One row for each cluster. */
export class ClusterStateStore {
  readonly #knex: Knex;
  readonly #now: () => number;

  constructor(knex: Knex, now: () => number) {
    this.#knex = knex;
    this.#now = now;
  }

  async all(): Promise<Map<string, ClusterState>> {
    const rows = await this.#knex<StateRow>('cluster_states');
    return new Map(
      rows.map(row => {
        const since = toOptionalMs(row.stale_since);
        return [
          row.cluster,
          {
            cluster: row.cluster,
            sweptAt: toOptionalMs(row.swept_at),
            cursor: fromOptionalJson<SweepCursor>(row.cursor),
            stale:
              since === undefined
                ? undefined
                : { since, reason: row.stale_reason ?? 'unknown' },
            agent: fromOptionalJson<AgentState>(row.agent),
          },
        ];
      }),
    );
  }

  async find(cluster: string): Promise<ClusterState> {
    return (await this.all()).get(cluster) ?? { cluster };
  }

  /** The next sweep is wanted, however young the last one is: it counts as begun, where none is under way. */
  async order(cluster: string) {
    const states = this.#knex<StateRow>('cluster_states').where({ cluster });
    const { cursor: written } = (await states.clone().first('cursor')) ?? {};
    if (!written) {
      await this.setCursor(cluster, { startedAt: this.#now() });
      return;
    }
    const { triedAt: _, ...cursor } = fromOptionalJson<SweepCursor>(written)!;
    // Unless a sweep that runs has come further, or to its end
    await states
      .where({ cursor: written })
      .update({ cursor: JSON.stringify(cursor) });
  }

  async setCursor(cluster: string, cursor: SweepCursor) {
    await this.#merge(cluster, { cursor: JSON.stringify(cursor) });
  }

  /**
   * A whole sweep came to its end: whatever was stale is true again, but for what it could not reach, in a sentence.
   */
  async finished(
    cluster: string,
    agent: AgentState | undefined,
    unreached?: string,
  ) {
    const now = this.#now();
    const { stale } = await this.find(cluster);
    await this.#merge(cluster, {
      cursor: null,
      swept_at: now,
      stale_since: unreached ? stale?.since ?? now : null,
      stale_reason: unreached ?? null,
      agent: agent ? JSON.stringify(agent) : null,
    });
  }

  /** The cluster could not be read; since when stays what it was. */
  async failed(cluster: string, reason: string) {
    const { stale, cursor } = await this.find(cluster);
    const now = this.#now();
    await this.#merge(cluster, {
      ...(cursor
        ? { cursor: JSON.stringify({ ...cursor, triedAt: now }) }
        : {}),
      stale_since: stale?.since ?? now,
      stale_reason: reason,
    });
  }

  /**
   * Forgets what was observed of clusters that the portal does not have any more, and that no replica has begun to sweep
   * since; reports and operations stay.
   */
  async keepOnly(clusters: string[], since: number) {
    const swept = await this.#knex<StateRow>('cluster_states')
      .where('updated_at', '>=', since)
      .pluck('cluster');
    const kept = [...clusters, ...swept];
    for (const table of [
      'associations',
      'owners',
      'cluster_states',
      'cluster_setups',
      'access',
      'access_looks',
      'access_days',
      'access_figures',
    ]) {
      await this.#knex(table).whereNotIn('cluster', kept).delete();
    }
    await this.#knex('entity_refs')
      .where({ source: 'aws-tag' })
      .whereNotIn('cluster', kept)
      .delete();
    await this.#knex('settings')
      .whereLike('key', `${UNREAD_KEY}%`)
      .whereNotIn(
        'key',
        kept.map(id => `${UNREAD_KEY}${id}`),
      )
      .delete();
  }

  async #merge(cluster: string, values: Record<string, unknown>) {
    await this.#knex('cluster_states')
      .insert({ cluster, ...values, updated_at: this.#now() })
      .onConflict('cluster')
      .merge();
  }
}
