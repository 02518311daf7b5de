import { SandboxCore } from '../../core/contract';
import { StoreEvent } from '../store/store';
import { KubeObject } from '../types';
import { InternalClient } from './client';
import { WorkQueue } from './workQueue';

const FOREGROUND = 'foregroundDeletion';

interface Known {
  /** Resource in the store. */
  key: string;
  object: KubeObject;
}

/** Deletes what is owned by something that is gone, and lets owners go that wait for what they own. */
export class GarbageCollector {
  readonly #queue: WorkQueue;
  readonly #objects = new Map<string, Known>();
  readonly #owned = new Map<string, Set<string>>();
  #stop = () => {};

  constructor(core: SandboxCore, private readonly client: InternalClient) {
    this.#queue = new WorkQueue(
      uid => this.collect(uid),
      (error, uid) =>
        core.log(`The garbage collector failed on ${uid}: ${error}`),
    );
  }

  start() {
    this.#stop = this.client.store.subscribe(event => {
      const { type, object } = event;
      this.index(event);
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
    const owner = this.#objects.get(uid);
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

  /** Remembers every object by its uid and by those of its owners. */
  private index({ type, resource, object, previous }: StoreEvent) {
    const uid = object.metadata.uid!;
    previous?.metadata.ownerReferences?.forEach(owner =>
      this.#owned.get(owner.uid)?.delete(uid),
    );
    if (type === 'DELETED') {
      this.#objects.delete(uid);
      return;
    }
    this.#objects.set(uid, { key: resource, object });
    object.metadata.ownerReferences?.forEach(owner => {
      const owned = this.#owned.get(owner.uid) ?? new Set();
      this.#owned.set(owner.uid, owned.add(uid));
    });
  }

  private ownedBy(uid: string): Known[] {
    return [...(this.#owned.get(uid) ?? [])]
      .map(owned => this.#objects.get(owned))
      .filter(known => known !== undefined);
  }
}
