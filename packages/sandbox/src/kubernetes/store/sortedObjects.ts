import { KubeObject } from '../types';

const keyOf = (namespace: string | undefined, name: string) =>
  `${namespace ?? ''}/${name}`;

/** The objects of one resource in key order, like etcd; the objects of a namespace are adjacent. */
export class SortedObjects {
  readonly #keys: string[] = [];
  readonly #objects: KubeObject[] = [];

  get(namespace: string | undefined, name: string): KubeObject | undefined {
    const key = keyOf(namespace, name);
    const at = this.#position(key);
    return this.#keys[at] === key ? this.#objects[at] : undefined;
  }

  /** Returns the previous object. */
  put(object: KubeObject): KubeObject | undefined {
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const at = this.#position(key);
    if (this.#keys[at] === key) {
      const before = this.#objects[at];
      this.#objects[at] = object;
      return before;
    }
    this.#keys.splice(at, 0, key);
    this.#objects.splice(at, 0, object);
    return undefined;
  }

  remove(namespace: string | undefined, name: string): KubeObject | undefined {
    const key = keyOf(namespace, name);
    const at = this.#position(key);
    if (this.#keys[at] !== key) {
      return undefined;
    }
    this.#keys.splice(at, 1);
    return this.#objects.splice(at, 1)[0];
  }

  /** All objects, or those of one namespace. */
  list(namespace?: string): KubeObject[] {
    if (namespace === undefined) {
      return [...this.#objects];
    }
    // `0` follows `/` in ASCII, so this is the first key after the namespace.
    const from = this.#position(`${namespace}/`);
    const to = this.#position(`${namespace}0`);
    return this.#objects.slice(from, to);
  }

  /** Index of the first key that is not less than `key`. */
  #position(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1; // eslint-disable-line no-bitwise
      if (this.#keys[middle] < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
