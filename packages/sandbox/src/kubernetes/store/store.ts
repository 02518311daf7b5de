import { KubeObject } from '../types';
import { SortedObjects } from './sortedObjects';

type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** A change, as sent to watchers. */
export interface StoreEvent {
  type: WatchEventType;
  revision: number;
  /** `apps/deployments`, `/pods` */
  resource: string;
  object: KubeObject;
  /** The object before the change, so that a selector can tell when it stops matching. */
  previous?: KubeObject;
}

/** How many changes a watcher may lag before it gets 410 Gone. */
const HISTORY = 2_000;

function freeze<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}

export const atRevision = (object: KubeObject, revision: number) => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: String(revision) },
});

/**
 * etcd in memory: frozen objects, one revision for the whole cluster, a bounded history for watches.
 *
 * Subscribers are called in the same turn as the change, in the order of their subscription.
 */
export class Store {
  #revision = 1_000;
  #objects = new Map<string, SortedObjects>();
  #history: StoreEvent[] = [];
  #subscribers = new Set<(event: StoreEvent) => void>();

  get revision() {
    return this.#revision;
  }

  /** The oldest revision that a watch can start from. */
  get oldestRevision() {
    return this.#history.length < HISTORY ? 0 : this.#history[0].revision - 1;
  }

  get(
    resource: string,
    namespace: string | undefined,
    name: string,
  ): KubeObject | undefined {
    return this.#objects.get(resource)?.get(namespace, name);
  }

  /** All objects of a resource, or those in one namespace, in the order of their keys. */
  list(resource: string, namespace?: string): KubeObject[] {
    return this.#objects.get(resource)?.list(namespace) ?? [];
  }

  /** The objects as they were at a revision that is not older than `oldestRevision`. */
  listAt(
    resource: string,
    namespace: string | undefined,
    revision: number,
  ): KubeObject[] {
    const now = this.list(resource, namespace);
    const later = this.since(resource, revision).filter(
      ({ object }) =>
        namespace === undefined || object.metadata.namespace === namespace,
    );
    if (later.length === 0) {
      return now;
    }
    const objects = new SortedObjects();
    now.forEach(object => objects.put(object));
    for (const { type, object, previous } of later.reverse()) {
      const { namespace: place, name } = object.metadata;
      if (type === 'ADDED') {
        objects.remove(place, name);
      } else {
        objects.put(previous!);
      }
    }
    return objects.list(namespace);
  }

  /** Writes the object with a new revision and notifies the watchers. */
  put(resource: string, object: KubeObject): KubeObject {
    const revision = ++this.#revision;
    const stored = freeze(atRevision(object, revision));
    let objects = this.#objects.get(resource);
    if (!objects) {
      objects = new SortedObjects();
      this.#objects.set(resource, objects);
    }
    const previous = objects.put(stored);
    this.#emit({
      type: previous ? 'MODIFIED' : 'ADDED',
      revision,
      resource,
      object: stored,
      previous,
    });
    return stored;
  }

  /** Removes the object; the DELETED event carries its last state with a new revision. */
  remove(
    resource: string,
    namespace: string | undefined,
    name: string,
  ): KubeObject | undefined {
    const previous = this.#objects.get(resource)?.remove(namespace, name);
    if (!previous) {
      return undefined;
    }
    const revision = ++this.#revision;
    const object = freeze(atRevision(previous, revision));
    this.#emit({ type: 'DELETED', revision, resource, object, previous });
    return object;
  }

  /** Changes of a resource after `revision`, oldest first. */
  since(resource: string, revision: number): StoreEvent[] {
    return this.#history.filter(
      event => event.resource === resource && event.revision > revision,
    );
  }

  subscribe(listener: (event: StoreEvent) => void): () => void {
    this.#subscribers.add(listener);
    return () => this.#subscribers.delete(listener);
  }

  #emit(event: StoreEvent) {
    this.#history.push(event);
    if (this.#history.length > HISTORY) {
      this.#history.splice(0, this.#history.length - HISTORY);
    }
    for (const subscriber of [...this.#subscribers]) {
      subscriber(event);
    }
  }
}
