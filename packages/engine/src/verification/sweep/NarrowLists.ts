import type { Clock } from '../../async/clock';

/** How long what was found out about a cluster counts; rights may be granted, and workloads come and go. */
const REMEMBERED_MS = 60 * 60_000;

/**
 * Which objects of which cluster are better listed namespace by namespace. One per process: a sweep remembers here for the
 * next ones that a list of the whole cluster was refused, or that it would have been longer.
 *
 * @public
 */
export class NarrowLists {
  readonly clock: Clock;
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** @param resource - plural, such as `pods` */
  has(cluster: string, resource: string): boolean {
    const until = this.#until.get(`${cluster} ${resource}`) ?? 0;
    return this.clock.now() < until;
  }

  add(cluster: string, resource: string): void {
    this.#until.set(`${cluster} ${resource}`, this.clock.now() + REMEMBERED_MS);
  }
}
