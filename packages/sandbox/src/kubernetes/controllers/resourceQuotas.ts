import { SandboxCore } from '../../core/contract';
import { usageIn } from '../admission/quotaUsage';
import { formatQuantity } from '../validation/quantity';
import { InternalClient } from './client';
import { keyOf, splitKey, WorkQueue } from './workQueue';

/** Keeps the status of ResourceQuotas: what is allowed and what is used. */
export class ResourceQuotaController {
  readonly #queue: WorkQueue;
  readonly #stops: (() => void)[] = [];

  constructor(core: SandboxCore, private readonly client: InternalClient) {
    this.#queue = new WorkQueue(
      key => this.reconcile(key),
      (error, key) =>
        core.log(`The quota controller failed on ${key}: ${error}`),
    );
  }

  start() {
    this.#stops.push(
      this.client.watch('resourcequotas', ({ object }) =>
        this.#queue.add(keyOf(object)),
      ),
      this.client.store.subscribe(({ object }) => {
        const { namespace } = object.metadata;
        if (namespace) {
          this.client
            .list('resourcequotas', namespace)
            .forEach(quota => this.#queue.add(keyOf(quota)));
        }
      }),
    );
  }

  stop() {
    this.#queue.stop();
    this.#stops.forEach(stop => stop());
  }

  private async reconcile(key: string) {
    const { namespace, name } = splitKey(key);
    const quota = this.client.get('resourcequotas', namespace, name);
    if (!quota) {
      return;
    }
    const hard = quota.spec?.hard ?? {};
    const used = usageIn(this.client.store, namespace!, Object.keys(hard));
    await this.client.changeStatus(
      'resourcequotas',
      namespace,
      name,
      object => {
        object.status = {
          hard,
          used: Object.fromEntries(
            Object.entries(used).map(([resource, value]) => [
              resource,
              formatQuantity(value, resource),
            ]),
          ),
        };
      },
    );
  }
}
