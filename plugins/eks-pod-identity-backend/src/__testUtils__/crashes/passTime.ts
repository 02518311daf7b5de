import type { Sandbox } from 'eks-sandbox';
import type { Knex } from 'knex';
import { CLUSTER } from './CrashWorld';

/** What time does after a process died, done at once. Each plugin of the process has a schema. */
export class PassTime {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** The processes that carry operations now. */
  holders(): Promise<string[]> {
    return this.#leases()
      .whereLike('key', 'run/%')
      .distinct()
      .pluck('instance');
  }

  /** Ends the leases of a process on its runs, and the heartbeats of its template runs. */
  async afterDeathOf(instance: string): Promise<void> {
    const keys = await this.#leases()
      .where({ instance })
      .whereLike('key', 'run/%')
      .pluck('key');
    // One by one: several rows at a time are locked in an order of their own
    for (const key of keys) {
      await this.#leases().where({ key, instance }).update({ expires_at: 0 });
    }
    const recovered = await this.#scaffolder('task_events')
      .where({ event_type: 'recovered' })
      .pluck('task_id');
    await this.#scaffolder('tasks')
      .where({ status: 'processing' })
      .whereNotIn('id', recovered)
      .update({ last_heartbeat_at: new Date(0) });
  }

  /** Lets the deadlines of all probe pods pass that are there. */
  async overtakeProbes(sandbox: Sandbox): Promise<void> {
    const cluster = sandbox.cluster(CLUSTER);
    for (const { metadata } of probePods(sandbox)) {
      const { namespace, name } = metadata;
      await cluster.change('pods', namespace, name, pod => {
        pod.metadata.annotations!['backstage.io/probe-deadline'] = new Date(
          0,
        ).toISOString();
      });
    }
  }

  #leases() {
    return this.#knex('leases').withSchema('eks-pod-identity');
  }

  #scaffolder(table: string) {
    return this.#knex(table).withSchema('scaffolder');
  }
}

export function probePods(sandbox: Sandbox) {
  return sandbox
    .cluster(CLUSTER)
    .list('pods')
    .filter(({ metadata }) => metadata.labels?.['backstage.io/probe']);
}

/** Does something again and again until the work is done. */
export async function during<T>(work: Promise<T>, again: () => Promise<void>) {
  let done = false;
  const repeating = (async () => {
    while (!done) {
      await again();
      await new Promise(resolve => {
        setTimeout(resolve, 200);
      });
    }
  })();
  const answer = await work.finally(() => {
    done = true;
  });
  await repeating;
  return answer;
}
