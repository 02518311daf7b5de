import type { Clock } from '../../async/clock';

/** How long what was found out about a cluster counts; rights may be granted, and workloads come and go. */
const REMEMBERED_MS = 60 * 60_000;

/**
 * Which objects of which cluster are better listed namespace by namespace. One per process: a sweep remembers here for the
 * next ones that a list of the whole cluster was refused, or how many pages it has. Whether that is too long depends on how
 * much each sweep asks for.
 *
 * @public
 */
export class NarrowLists {
  readonly clock: Clock;
  readonly #found = new Map<string, { until: number; pages: number }>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /**
   * @param resource - plural, such as `pods`
   * @param mostPages - of the whole cluster, which are no more work than the lists of the namespaces
   */
  has(cluster: string, resource: string, mostPages: number): boolean {
    const found = this.#found.get(`${cluster} ${resource}`);
    return (
      found !== undefined &&
      this.clock.now() < found.until &&
      found.pages > mostPages
    );
  }

  /** @param pages - of the list of the whole cluster, at least; default: there is none, because it was refused */
  add(cluster: string, resource: string, pages = Infinity): void {
    const until = this.clock.now() + REMEMBERED_MS;
    this.#found.set(`${cluster} ${resource}`, { until, pages });
  }
}
