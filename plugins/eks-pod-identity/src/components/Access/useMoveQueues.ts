import { useApi } from '@backstage/frontend-plugin-api';
import type {
  MoveQueue,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { useEffect, useRef, useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { sentenceOf } from '../../hooks/problems';
import { useRequest } from '../../hooks/useRequest';

const POLL_MS = 5_000;

export const isOpenQueue = ({ state }: MoveQueue) => state !== 'ended';

/** The queues of moves that the user may see; asked again while one has not ended. */
export function useMoveQueues(onMoved: () => void) {
  const api = useApi(podIdentityApiRef);
  const [failure, setFailure] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const { value, problem, loading, reload } = useRequest(
    'move-queues',
    signal => api.listMoveQueues({ signal }),
  );
  const isOpen = value?.items.some(isOpenQueue) ?? false;
  useEffect(() => {
    // After an answer: one that takes longer is waited for
    if (!isOpen || loading) return undefined;
    const timer = setTimeout(reload, POLL_MS);
    return () => clearTimeout(timer);
  }, [isOpen, loading, reload]);

  const latest = useRef(onMoved);
  latest.current = onMoved;
  const over = value?.items
    .flatMap(({ moves }) => moves)
    .filter(({ state }) => state === 'moved' || state === 'failed').length;
  const before = useRef(over);
  useEffect(() => {
    if (before.current !== undefined && over !== before.current) {
      latest.current();
    }
    before.current = over;
  }, [over]);

  const doing = async (work: () => Promise<unknown>) => {
    setFailure(undefined);
    setBusy(true);
    try {
      await work();
    } catch (error) {
      setFailure(sentenceOf(error));
    }
    setBusy(false);
    reload();
  };
  return {
    queues: value,
    /** How it goes could not be loaded, while it goes on. */
    problem: isOpen ? problem : undefined,
    failure,
    isBusy,
    start: (ownedBy: string, refs: ServiceAccountRef[]) =>
      doing(() => api.startMoveQueue({ ownedBy, refs })),
    stop: (id: string) => doing(() => api.stopMoveQueue(id)),
  };
}
