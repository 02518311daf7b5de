/**
 * Runs a reconciler for keys, one run per key at a time; a key added during its run is run once more. Errors are logged,
 * and the key is not retried until something changes.
 */
export class WorkQueue {
  readonly #running = new Set<string>();
  readonly #again = new Set<string>();
  #stopped = false;

  constructor(
    private readonly reconcile: (key: string) => Promise<void>,
    private readonly onError: (error: unknown, key: string) => void,
  ) {}

  add(key: string) {
    if (this.#stopped) {
      return;
    }
    if (this.#running.has(key)) {
      this.#again.add(key);
      return;
    }
    this.#running.add(key);
    // Combines additions of the same turn into one run.
    setImmediate(() => void this.run(key));
  }

  stop() {
    this.#stopped = true;
  }

  private async run(key: string) {
    do {
      this.#again.delete(key);
      try {
        await this.reconcile(key);
      } catch (error) {
        this.onError(error, key);
      }
    } while (this.#again.has(key) && !this.#stopped);
    this.#running.delete(key);
  }
}

export const keyOf = (object: {
  metadata: { namespace?: string; name: string };
}) => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;

export const splitKey = (key: string) => {
  const at = key.indexOf('/');
  return { namespace: key.slice(0, at) || undefined, name: key.slice(at + 1) };
};
