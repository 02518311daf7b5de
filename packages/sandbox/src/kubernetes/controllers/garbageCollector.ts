import { SandboxCore } from '../../core/contract';
import { RESOURCES, storeKey } from '../api/resources';
import { KubeObject } from '../types';
import { InternalClient } from './client';
import { WorkQueue } from './workQueue';

const FOREGROUND = 'foregroundDeletion';

/** Deletes what is owned by something that is gone, and lets owners go that wait for what they own. */
export class GarbageCollector {
  readonly #queue: WorkQueue;
  #stop = () => {};

  constructor(core: SandboxCore, private readonly client: InternalClient) {
    this.#queue = new WorkQueue(
      uid => this.collect(uid),
      (error, uid) =>
        core.log(`The garbage collector failed on ${uid}: ${error}`),
    );
  }

  start() {
    this.#stop = this.client.store.subscribe(({ type, object }) => {
      if (
        type === 'DELETED' ||
        object.metadata.finalizers?.includes(FOREGROUND)
      ) {
        this.#queue.add(object.metadata.uid!);
      }
      if (type === 'DELETED') {
        object.metadata.ownerReferences?.forEach(owner =>
          this.#queue.add(owner.uid),
        );
      }
    });
  }

  stop() {
    this.#queue.stop();
    this.#stop();
  }

  private async collect(uid: string) {
    const owner = this.find(uid);
    if (owner && !owner.object.metadata.finalizers?.includes(FOREGROUND)) {
      return;
    }
    const owned = this.ownedBy(uid);
    for (const { key, object } of owned) {
      if (!object.metadata.deletionTimestamp) {
        await this.client.remove(
          key,
          object.metadata.namespace,
          object.metadata.name,
          {
            propagationPolicy: owner ? 'Foreground' : 'Background',
          },
        );
      }
    }
    if (owner && this.ownedBy(uid).length === 0) {
      const { namespace, name } = owner.object.metadata;
      await this.client.change(owner.key, namespace, name, object => {
        object.metadata.finalizers = object.metadata.finalizers?.filter(
          f => f !== FOREGROUND,
        );
      });
    }
  }

  private *all(): Iterable<{ key: string; object: KubeObject }> {
    for (const def of RESOURCES.filter(d => !d.virtual)) {
      for (const object of this.client.store.list(storeKey(def))) {
        yield { key: storeKey(def), object };
      }
    }
  }

  private find(uid: string) {
    return [...this.all()].find(({ object }) => object.metadata.uid === uid);
  }

  private ownedBy(uid: string) {
    return [...this.all()].filter(({ object }) =>
      object.metadata.ownerReferences?.some(owner => owner.uid === uid),
    );
  }
}
