import { useApi } from '@backstage/frontend-plugin-api';
import type {
  PodIdentityApi,
  ServiceAccountRef,
  UseOfIdentity,
} from 'backstage-plugin-eks-pod-identity-common';
import { useEffect, useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { sentenceOf } from '../../hooks/problems';

const PAUSE_MS = 2_000;
/** A search takes seconds; a page that waits longer shows what is stored. */
const MOST_TRIES = 30;

async function load(
  api: PodIdentityApi,
  account: ServiceAccountRef,
  signal: AbortSignal,
  show: (use: UseOfIdentity) => void,
) {
  const first = await api.refreshUse(account, { signal });
  if (!signal.aborted) show(first);
  let { refreshing } = first;
  for (let tries = MOST_TRIES; refreshing && tries > 0; tries -= 1) {
    await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
    if (signal.aborted) return;
    const next = await api.getUse(account, { signal });
    refreshing = next.readUntil === first.readUntil && tries > 1;
    if (!signal.aborted) show({ ...next, refreshing });
  }
}

/** What AWS recorded of an identity: what is stored at once, then what a search for this page finds. */
export function useUse(ref: ServiceAccountRef) {
  const api = useApi(podIdentityApiRef);
  const { cluster, namespace, serviceAccount } = ref;
  const [use, setUse] = useState<UseOfIdentity>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const account = { cluster, namespace, serviceAccount };
    load(api, account, signal, setUse).catch(error => {
      if (!signal.aborted) setProblem(sentenceOf(error));
    });
    return () => controller.abort();
  }, [api, cluster, namespace, serviceAccount]);
  return { use, problem };
}
