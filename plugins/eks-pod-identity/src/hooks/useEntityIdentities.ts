import { useApi } from '@backstage/frontend-plugin-api';
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
const POLL_WHILE_RUNNING_MS = 3000;

/** What the backend knows of one entity’s identities. */
export function useEntityIdentities(entity: {
  kind: string;
  namespace: string;
  name: string;
}): EntityIdentitiesState {
  const api = useApi(podIdentityApiRef);
  const { kind, namespace, name } = entity;
  const [state, setState] = useState<{
    data?: EntityIdentities;
    problem?: Problem;
    loading: boolean;
  }>({ loading: true });
  const [turn, setTurn] = useState(0);
  const refresh = useCallback(() => setTurn(n => n + 1), []);
  const shown = useRef('');

  useEffect(() => {
    const controller = new AbortController();
    const key = `${kind}:${namespace}/${name}`;
    if (shown.current !== key) {
      shown.current = key;
      setState({ loading: true });
    }
    api
      .getEntityIdentities(
        { kind, namespace, name },
        { signal: controller.signal },
      )
      .then(
        data => {
          if (!controller.signal.aborted) setState({ data, loading: false });
        },
        error => {
          if (controller.signal.aborted) return;
          setState(previous => ({
            data: previous.data,
            problem: toProblem(error),
            loading: false,
          }));
        },
      );
    return () => controller.abort();
  }, [api, kind, namespace, name, turn]);

  const running = state.data?.identities.some(identity => identity.verifying);
  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(refresh, POLL_WHILE_RUNNING_MS);
    return () => clearInterval(timer);
  }, [running, refresh]);

  return { ...state, refresh };
}
