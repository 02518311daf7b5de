import { useApi } from '@backstage/frontend-plugin-api';
import type { EntityIdentities } from 'backstage-plugin-eks-pod-identity-common';
import { useCallback, useEffect, useSyncExternalStore } from 'react';
import { podIdentityApiRef } from '../api';

/** The last answer about each entity, by its ref. */
class KnownIdentities {
  readonly #answers = new Map<string, EntityIdentities>();
  readonly #listeners = new Set<() => void>();

  get(entityRef: string) {
    return this.#answers.get(entityRef);
  }

  set(entityRef: string, answer: EntityIdentities | undefined) {
    if (this.#answers.get(entityRef) === answer) return;
    if (answer) this.#answers.set(entityRef, answer);
    else this.#answers.delete(entityRef);
    for (const listener of this.#listeners) listener();
  }

  subscribe(listener: () => void) {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}

const knownTo = new WeakMap<object, KnownIdentities>();

function useKnown(): KnownIdentities {
  const api = useApi(podIdentityApiRef);
  const known = knownTo.get(api) ?? new KnownIdentities();
  knownTo.set(api, known);
  return known;
}

/** Lets the rest of the page know what one part of it has loaded, as long as that part is there. */
export function useTellIdentities(
  entityRef: string,
  answer: EntityIdentities | undefined,
) {
  const known = useKnown();
  useEffect(() => known.set(entityRef, answer), [known, entityRef, answer]);
  useEffect(() => () => known.set(entityRef, undefined), [known, entityRef]);
}

/** What another part of the page knows of the entity now; loads nothing. */
export function useKnownIdentities(
  entityRef: string,
): EntityIdentities | undefined {
  const known = useKnown();
  return useSyncExternalStore(
    useCallback(listener => known.subscribe(listener), [known]),
    () => known.get(entityRef),
  );
}
