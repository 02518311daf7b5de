import { useApi } from '@backstage/frontend-plugin-api';
import type {
  ServiceAccountRef,
  UseOfIdentity,
} from 'backstage-plugin-eks-pod-identity-common';
import { useEffect, useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { sentenceOf } from '../../hooks/problems';

const PAUSE_MS = 2_000;
/** A search takes seconds; a page that waits longer shows what is stored. */
const MOST_TRIES = 30;

/** What AWS recorded of an identity: what is stored at once, then what a search for this page finds. */
export function useUse(ref: ServiceAccountRef) {
  const api = useApi(podIdentityApiRef);
  const { cluster, namespace, serviceAccount } = ref;
  const [use, setUse] = useState<UseOfIdentity>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let timer: ReturnType<typeof setTimeout>;
    const account = { cluster, namespace, serviceAccount };
    const before = (answer: UseOfIdentity) => answer.readUntil;
    const load = async () => {
      try {
        const first = await api.refreshUse(account, { signal });
        setUse(first);
        const again = async (tries: number) => {
          const next = await api.getUse(account, { signal });
          const isOver = before(next) !== before(first) || tries <= 1;
          setUse({ ...next, refreshing: !isOver });
          if (!isOver) wait(tries - 1);
        };
        const wait = (tries: number) => {
          timer = setTimeout(
            () => again(tries).catch(error => fail(error)),
            PAUSE_MS,
          );
        };
        if (first.refreshing) wait(MOST_TRIES);
      } catch (error) {
        fail(error);
      }
    };
    const fail = (error: unknown) => {
      if (!signal.aborted) setProblem(sentenceOf(error));
    };
    load();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [api, cluster, namespace, serviceAccount]);
  return { use, problem };
}
