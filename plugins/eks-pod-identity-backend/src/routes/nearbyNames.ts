import {
  ServiceAccountRef,
  serviceAccountRefSchema,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Acceptance } from '../operations/Acceptance';
import type { Caller } from '../permissions/caller';

/** Key under which a finding names ServiceAccounts that may be meant in its place. */
const KEY = 'nearby';
/** How many suggestions are worth showing. */
const SUGGESTIONS = 3;

/**
 * Lets findings suggest only ServiceAccounts that the reader may see. What a verification found is kept once for
 * everybody who may read about its own ServiceAccount.
 */
export class NearbyNames {
  readonly #acceptance: Pick<Acceptance, 'readable'>;
  readonly #caller: Caller;
  /** Refs that were asked for, and whether the reader may see them. */
  readonly #given = new Map<string, boolean>();

  constructor(acceptance: Pick<Acceptance, 'readable'>, caller: Caller) {
    this.#acceptance = acceptance;
    this.#caller = caller;
  }

  /** The same JSON without the suggestions that are not for the reader. */
  async limit<T>(answer: T): Promise<T> {
    const named = new Map<string, ServiceAccountRef>();
    collect(answer, named);
    if (named.size === 0) return answer;
    await this.#ask(
      [...named].flatMap(([key, ref]) => (this.#given.has(key) ? [] : [ref])),
    );
    return this.#without(answer) as T;
  }

  async #ask(refs: ServiceAccountRef[]) {
    for (const ref of refs) {
      this.#given.set(stringifyServiceAccountRef(ref), false);
    }
    for (const ref of await this.#acceptance.readable(refs, this.#caller)) {
      this.#given.set(stringifyServiceAccountRef(ref), true);
    }
  }

  #without(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(each => this.#without(each));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, inner]) => {
        const refs = suggestionsIn(key, inner);
        if (!refs) return [[key, this.#without(inner)]];
        const shown = refs
          .filter(ref => this.#given.get(stringifyServiceAccountRef(ref)))
          .slice(0, SUGGESTIONS);
        return shown.length > 0 ? [[key, shown]] : [];
      }),
    );
  }
}

/** Undefined for what only has the same key, such as a value in somebody's policy. */
function suggestionsIn(
  key: string,
  value: unknown,
): ServiceAccountRef[] | undefined {
  if (key !== KEY) return undefined;
  const { success, data } = serviceAccountRefSchema.array().safeParse(value);
  return success ? data : undefined;
}

function collect(value: unknown, into: Map<string, ServiceAccountRef>) {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const refs = suggestionsIn(key, inner);
    if (!refs) collect(inner, into);
    for (const ref of refs ?? [])
      into.set(stringifyServiceAccountRef(ref), ref);
  }
}
