import type {
  LoggerService,
  SchedulerService,
  SchedulerServiceTaskScheduleDefinition,
} from '@backstage/backend-plugin-api';

export type SetTask = SchedulerServiceTaskScheduleDefinition & {
  fn(signal: AbortSignal): Promise<void>;
};

/** Scheduled tasks that come and go with the clusters. */
export class TaskSet {
  readonly #scheduler: SchedulerService;
  readonly #logger: LoggerService;
  readonly #stops = new Map<string, AbortController>();

  constructor(options: { scheduler: SchedulerService; logger: LoggerService }) {
    this.#scheduler = options.scheduler;
    this.#logger = options.logger;
  }

  /**
   * Schedules those by id that this process does not have yet, and ends its others. Other processes may still need those:
   * one that kept them would take their turns and do nothing. After a failure it can be called again.
   */
  async keep(wanted: ReadonlyMap<string, () => SetTask>): Promise<void> {
    for (const [id, stop] of this.#stops) {
      if (!wanted.has(id)) {
        stop.abort(new Error(`${id} is not needed any more`));
        this.#stops.delete(id);
      }
    }
    for (const [id, make] of wanted) {
      if (!this.#stops.has(id)) {
        const stop = new AbortController();
        await this.#schedule(id, make(), stop.signal);
        this.#stops.set(id, stop);
      }
    }
  }

  async #schedule(id: string, task: SetTask, gone: AbortSignal) {
    await this.#scheduler.scheduleTask({
      ...task,
      id,
      signal: gone,
      fn: async signal => {
        try {
          await task.fn(signal);
        } catch (error) {
          if (!gone.aborted) throw error;
          this.#logger.info(`Ended the task ${id}: its cluster is gone`);
        }
      },
    });
  }
}
