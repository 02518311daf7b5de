import { SandboxCore } from '../../core/contract';
import { FOREGROUND, ORPHAN } from '../api/deletion';
import { StoreEvent } from '../store/store';
import { KubeObject } from '../types';
import { InternalClient } from './client';
import { WorkQueue } from './workQueue';

interface Known {
  /** Resource in the store. */
  key: string;
  object: KubeObject;
}

const waitsFor = (object: KubeObject, finalizer: string) =>
  object.metadata.finalizers?.includes(finalizer) ?? false;

/** Deletes the dependents of deleted owners, and finishes deletions that wait for dependents. */
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
        waitsFor(object, FOREGROUND) ||
        waitsFor(object, ORPHAN)
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
    if (owner && waitsFor(owner.object, ORPHAN)) {
      await this.orphan(uid);
      await this.release(owner, ORPHAN);
      return;
    }
    if (owner && !waitsFor(owner.object, FOREGROUND)) {
      return;
    }
    for (const { key, object } of this.ownedBy(uid)) {
      if (!object.metadata.deletionTimestamp) {
        const { namespace, name } = object.metadata;
        await this.client.remove(key, namespace, name, {
          propagationPolicy: owner ? 'Foreground' : 'Background',
        });
      }
    }
    if (owner && this.ownedBy(uid).length === 0) {
      await this.release(owner, FOREGROUND);
    }
  }

  /** Removes the owner reference from all its dependents. */
  private async orphan(uid: string) {
    for (const { key, object } of this.ownedBy(uid)) {
      const { namespace, name } = object.metadata;
      await this.client.change(key, namespace, name, owned => {
        owned.metadata.ownerReferences = owned.metadata.ownerReferences?.filter(
          owner => owner.uid !== uid,
        );
      });
    }
  }

  private async release({ key, object }: Known, finalizer: string) {
    const { namespace, name } = object.metadata;
    await this.client.change(key, namespace, name, owner => {
      owner.metadata.finalizers = owner.metadata.finalizers?.filter(
        f => f !== finalizer,
      );
    });
  }

  /** Indexes every object by its UID and its owners' UIDs. */
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
