/** Computes one value per key. A promise is a value too, so parallel callers share it. */
export class Memo<K, V> {
  readonly #made = new Map<K, V>();

  get(key: K, make: () => V): V {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#made.set(key, made);
    return made;
  }

  values(): V[] {
    return [...this.#made.values()];
  }
}
