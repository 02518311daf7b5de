import { useApi, useApiHolder } from '@backstage/frontend-plugin-api';
import { signalApiRef } from '@backstage/plugin-signals-react';
import type { EntityIdentities } from 'backstage-plugin-eks-pod-identity-common';
import { useCallback, useEffect, useRef, useState } from 'react';
import { podIdentityApiRef } from '../api';
import { Problem, toProblem } from './problems';

export interface EntityIdentitiesState {
  data?: EntityIdentities;
  /** Set beside `data` when only the last refresh failed. */
  problem?: Problem;
  loading: boolean;
  refresh: () => void;
}

/** While something runs the answer is asked for again; signals (where installed) come on top. */
const POLL_WHILE_RUNNING_MS = 3_000;
/** What others start is noticed by then where no signals are installed. */
const POLL_MS = 60_000;
/** With signals, for those that got lost while a connection was down. */
const POLL_WITH_SIGNALS_MS = 5 * 60_000;
/** A page that is looked at again asks again, unless it has just done so. */
const FRESH_MS = 5_000;
/** Longest wait for one answer. */
const ANSWER_MS = 60_000;

/** Answers that end what was known before, because it is the backend's word that there is nothing to see. */
const FINAL: Problem['kind'][] = ['forbidden', 'unknown-entity'];

type Loaded = Omit<EntityIdentitiesState, 'refresh'>;

/** What the backend knows of one entity’s identities, and keeps knowing while the page is looked at. */
export function useEntityIdentities(entity: {
  kind: string;
  namespace: string;
  name: string;
}): EntityIdentitiesState {
  const api = useApi(podIdentityApiRef);
  const hasSignals = useApiHolder().get(signalApiRef) !== undefined;
  const { kind, namespace, name } = entity;
  const [state, setState] = useState<Loaded>({ loading: true });
  const asker = useRef<() => void>();
  const refresh = useCallback(() => asker.current?.(), []);

  useEffect(() => {
    const left = new AbortController();
    let shown: Loaded = { loading: true };
    let running = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asking = false;
    let again = false;
    let answeredAt = 0;

    const show = (next: Loaded) => {
      shown = next;
      setState(next);
    };

    const once = async () => {
      try {
        const data = await withDeadline(left.signal, signal =>
          api.getEntityIdentities({ kind, namespace, name }, { signal }),
        );
        if (left.signal.aborted) return;
        running = data.identities.some(({ verifying }) => verifying);
        show({ data, loading: false });
      } catch (error) {
        if (left.signal.aborted) return;
        const problem = toProblem(error);
        const data = FINAL.includes(problem.kind)
          ? undefined
          : shown.data && withoutProgress(shown.data);
        show({ data, problem, loading: false });
      }
    };

    const pause = (): number | undefined => {
      const { data, problem } = shown;
      // Time does not heal these; whoever signs in, or gets the right, comes back to the page. What was there a moment
      // ago may come back by itself.
      const isLasting = problem !== undefined && problem.kind !== 'error';
      if (isLasting) return data ? POLL_MS : undefined;
      if (running) return POLL_WHILE_RUNNING_MS;
      return hasSignals && !problem ? POLL_WITH_SIGNALS_MS : POLL_MS;
    };

    // One request at a time: a slow answer is waited for, and what happens meanwhile is asked for after it.
    const ask = async () => {
      clearTimeout(timer);
      if (asking) {
        again = true;
        return;
      }
      asking = true;
      do {
        again = false;
        await once();
      } while (again && !left.signal.aborted);
      asking = false;
      if (left.signal.aborted) return;
      answeredAt = Date.now();
      const ms = pause();
      if (ms !== undefined) {
        timer = setTimeout(() => {
          if (document.visibilityState === 'hidden') answeredAt = 0;
          else ask();
        }, ms);
      }
    };

    const onVisible = () => {
      const isOld = Date.now() - answeredAt > FRESH_MS;
      if (document.visibilityState === 'visible' && isOld) ask();
    };

    asker.current = () => {
      if (!shown.data) show({ loading: true });
      ask();
    };
    document.addEventListener('visibilitychange', onVisible);
    show({ loading: true });
    ask();
    return () => {
      asker.current = undefined;
      document.removeEventListener('visibilitychange', onVisible);
      clearTimeout(timer);
      left.abort();
    };
  }, [api, hasSignals, kind, namespace, name]);

  return { ...state, refresh };
}

/** Nobody knows whether it still runs, and no spinner outlives an error. */
function withoutProgress(data: EntityIdentities): EntityIdentities {
  return {
    ...data,
    identities: data.identities.map(
      ({ verifying: _, ...identity }) => identity,
    ),
  };
}

/** No spinner waits for a backend that never answers. */
async function withDeadline<T>(
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const inner = new AbortController();
  const stop = () => inner.abort();
  outer.addEventListener('abort', stop, { once: true });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      work(inner.signal),
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          reject(
            new Error(
              `The backend did not answer within ${ANSWER_MS / 1000} seconds.`,
            ),
          );
          inner.abort();
        }, ANSWER_MS);
      }),
    ]);
  } finally {
    clearTimeout(timer);
    outer.removeEventListener('abort', stop);
  }
}
