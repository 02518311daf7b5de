import { randomUUID } from 'node:crypto';
import type { SchedulerService } from '@backstage/backend-plugin-api';
import type { ClusterStateStore } from '../store/ClusterStateStore';
import type { LeaseStore } from '../store/LeaseStore';
import { sweepTaskOf } from './Sweeper';

/** Minimum time between two ordered sweeps of a cluster, across all replicas. */
const PACE_MS = 60_000;

/** Sweeps that a person orders, between those of the schedule. */
export class SweepOrders {
  readonly #leases: Pick<LeaseStore, 'acquire'>;
  readonly #states: Pick<ClusterStateStore, 'order'>;
  readonly #scheduler: Pick<SchedulerService, 'triggerTask'>;
  readonly #instance = randomUUID();

  constructor(options: {
    leases: Pick<LeaseStore, 'acquire'>;
    states: Pick<ClusterStateStore, 'order'>;
    scheduler: Pick<SchedulerService, 'triggerTask'>;
  }) {
    this.#states = options.states;
    this.#leases = options.leases;
    this.#scheduler = options.scheduler;
  }

  /** Has a replica sweep the cluster as soon as it can; false where one was ordered lately, or is under way. */
  async order(cluster: string): Promise<boolean> {
    const { acquired } = await this.#leases.acquire(
      `sweep-order/${cluster}`,
      { runId: randomUUID(), instance: this.#instance },
      { what: 'ordered a sweep', ttlMs: PACE_MS, inherit: false },
    );
    if (!acquired) return false;
    await this.#states.order(cluster);
    try {
      await this.#scheduler.triggerTask(sweepTaskOf(cluster));
      return true;
    } catch (error) {
      // It runs already
      if ((error as Error).name === 'ConflictError') return false;
      throw error;
    }
  }
}
