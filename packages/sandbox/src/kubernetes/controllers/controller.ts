import { SandboxCore } from '../../core/contract';
import { ApiError } from '../model/status';
import { KubeObject } from '../types';
import { InternalClient } from './client';
import { EventRecorder } from './events';
import { controllerOf } from './ownership';
import { keyOf, splitKey, WorkQueue } from './workQueue';

/** Simulated milliseconds until a refused create is retried. */
export const RETRY_MS = 5_000;

/**
 * The common part of controllers: when an object or one of its dependents changes, they reconcile that object,
 * one at a time.
 */
export abstract class Controller {
  protected readonly queue: WorkQueue;
  readonly #stops: (() => void)[] = [];

  constructor(
    protected readonly core: SandboxCore,
    protected readonly client: InternalClient,
    /** Resource that it reconciles, e.g. `deployments`. */
    private readonly resource: string,
    private readonly kind: string,
    /** Resources of the dependents. */
    private readonly owned: string,
  ) {
    this.queue = new WorkQueue(
      key => this.work(key),
      (error, key) => this.failed(error, key),
    );
  }

  start() {
    this.#stops.push(
      this.client.watch(this.resource, ({ object }) =>
        this.queue.add(keyOf(object)),
      ),
      this.client.watch(this.owned, ({ object }) => {
        const owner = controllerOf(object);
        if (owner?.kind === this.kind) {
          this.queue.add(`${object.metadata.namespace}/${owner.name}`);
        }
      }),
    );
  }

  stop() {
    this.queue.stop();
    this.#stops.forEach(stop => stop());
  }

  protected abstract reconcile(object: KubeObject): Promise<void>;

  protected ownedBy(owner: KubeObject): KubeObject[] {
    return this.client
      .list(this.owned, owner.metadata.namespace)
      .filter(object => controllerOf(object)?.uid === owner.metadata.uid);
  }

  protected setStatus(object: KubeObject, status: Record<string, unknown>) {
    const { namespace, name } = object.metadata;
    return this.client.changeStatus(this.resource, namespace, name, o => {
      o.status = status;
    });
  }

  /** Creates a pod for an owner and records success or refusal as an event. */
  protected async createPod(
    owner: KubeObject,
    pod: Omit<KubeObject, 'apiVersion' | 'kind'>,
    events: EventRecorder,
    component: string,
    refused = 'Error creating',
  ): Promise<KubeObject> {
    try {
      const created = await this.client.create(
        'pods',
        owner.metadata.namespace,
        pod,
      );
      await events.record(owner, {
        type: 'Normal',
        reason: 'SuccessfulCreate',
        message: `Created pod: ${created.metadata.name}`,
        component,
      });
      return created;
    } catch (error) {
      await events.record(owner, {
        type: 'Warning',
        reason: 'FailedCreate',
        message: `${refused}: ${(error as Error).message}`,
        component,
      });
      throw error;
    }
  }

  private async work(key: string) {
    const { namespace, name } = splitKey(key);
    const object = this.client.get(this.resource, namespace, name);
    if (object && !object.metadata.deletionTimestamp) {
      await this.reconcile(object);
    }
  }

  private failed(error: unknown, key: string) {
    if (!(error instanceof ApiError)) {
      this.core.log(
        `The ${this.kind} controller failed on ${key}: ${
          (error as Error).stack ?? error
        }`,
      );
    }
    this.core.clock.schedule(this.core.clock.now() + RETRY_MS, () =>
      this.queue.add(key),
    );
  }
}
