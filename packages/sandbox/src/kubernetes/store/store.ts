import { KubeObject } from '../types';

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One change, as watchers get it. */
export interface StoreEvent {
  type: WatchEventType;
  revision: number;
  /** `apps/deployments`, `/pods` */
  resource: string;
  object: KubeObject;
  /** The object before the change, so that a selector can tell when it stops matching. */
  previous?: KubeObject;
}

/** How many changes a watcher may lag behind before it gets 410 Gone. */
const HISTORY = 2_000;

function freeze<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}

const keyOf = (namespace: string | undefined, name: string) =>
  `${namespace ?? ''}/${name}`;

/**
 * etcd in memory: frozen objects, one revision for the whole cluster, a bounded history for watches.
 *
 * Subscribers are called in the same turn as the change, in the order of their subscription.
 */
export class Store {
  #revision = 1_000;
  #objects = new Map<string, Map<string, KubeObject>>();
  /** Sorted lists by resource, until the next change. */
  #sorted = new Map<string, KubeObject[]>();
  #history: StoreEvent[] = [];
  #subscribers = new Set<(event: StoreEvent) => void>();

  get revision() {
    return this.#revision;
  }

  /** The oldest revision that a watch may start from. */
  get oldestRevision() {
    return this.#history.length < HISTORY ? 0 : this.#history[0].revision - 1;
  }

  get(
    resource: string,
    namespace: string | undefined,
    name: string,
  ): KubeObject | undefined {
    return this.#objects.get(resource)?.get(keyOf(namespace, name));
  }

  /** All objects of a resource, sorted by namespace and name as etcd's keys are. */
  list(resource: string, namespace?: string): KubeObject[] {
    let sorted = this.#sorted.get(resource);
    if (!sorted) {
      const all = this.#objects.get(resource) ?? new Map<string, KubeObject>();
      sorted = [...all.keys()].sort().map(key => all.get(key)!);
      this.#sorted.set(resource, sorted);
    }
    return namespace === undefined
      ? [...sorted]
      : sorted.filter(object => object.metadata.namespace === namespace);
  }

  /** Writes the object with a new revision and tells the watchers. */
  put(resource: string, object: KubeObject): KubeObject {
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const previous = this.#objects.get(resource)?.get(key);
    const revision = ++this.#revision;
    const stored = freeze({
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(revision) },
    });
    if (!this.#objects.has(resource)) {
      this.#objects.set(resource, new Map());
    }
    this.#objects.get(resource)!.set(key, stored);
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
    const key = keyOf(namespace, name);
    const previous = this.#objects.get(resource)?.get(key);
    if (!previous) {
      return undefined;
    }
    this.#objects.get(resource)!.delete(key);
    const revision = ++this.#revision;
    const object = freeze({
      ...previous,
      metadata: { ...previous.metadata, resourceVersion: String(revision) },
    });
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
    this.#sorted.delete(event.resource);
    this.#history.push(event);
    if (this.#history.length > HISTORY) {
      this.#history.splice(0, this.#history.length - HISTORY);
    }
    for (const subscriber of [...this.#subscribers]) {
      subscriber(event);
    }
  }
}
