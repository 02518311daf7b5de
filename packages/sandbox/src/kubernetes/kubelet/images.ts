import { SimulatedClock } from '../../core/contract';

/** Decides which images can be pulled: those on an allow-list of names with `*`, by default all. `.invalid` hosts always fail. */
export class ImageRegistry {
  #allowed: string[] | undefined;
  readonly #present = new Set<string>();
  readonly #listeners = new Set<() => void>();

  constructor(allowed?: string[]) {
    this.#allowed = allowed;
  }

  setAllowed(allowed: string[] | undefined) {
    this.#allowed = allowed;
    this.#listeners.forEach(listener => listener());
  }

  isPresent(node: string, image: string): boolean {
    return this.#present.has(`${node} ${image}`);
  }

  forget() {
    this.#present.clear();
  }

  setPresent(node: string, image: string) {
    this.#present.add(`${node} ${image}`);
  }

  /** Waits until the allow-list changes, at most `ms`; rejects when aborted. */
  async changeOr(
    clock: SimulatedClock,
    ms: number,
    killed: AbortSignal,
  ): Promise<void> {
    const changed = new AbortController();
    const listener = () => changed.abort();
    this.#listeners.add(listener);
    await clock
      .sleep(ms, AbortSignal.any([changed.signal, killed]))
      .catch(() => undefined);
    this.#listeners.delete(listener);
    killed.throwIfAborted();
  }

  canPull(image: string): boolean {
    if (/^[^/]*\.invalid(:\d+)?\//.test(image)) {
      return false;
    }
    return this.#allowed?.some(pattern => matches(pattern, image)) ?? true;
  }
}

function matches(pattern: string, image: string): boolean {
  const source = pattern
    .split('*')
    .map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${source}$`).test(image);
}

/** The name that containerd resolves, with registry and tag. */
function fullImageName(image: string): string {
  const tagged = /@|:[^/]*$/.test(image) ? image : `${image}:latest`;
  const first = tagged.split('/')[0];
  if (tagged.includes('/') && /[.:]|^localhost$/.test(first)) return tagged;
  return `docker.io/${tagged.includes('/') ? '' : 'library/'}${tagged}`;
}

export function pullError(image: string): string {
  const name = fullImageName(image);
  return `failed to pull and unpack image "${name}": failed to resolve reference "${name}": ${name}: not found`;
}
