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
  const { value, reload } = useRequest('move-queues', signal =>
    api.listMoveQueues({ signal }),
  );
  const isOpen = value?.items.some(isOpenQueue) ?? false;
  useEffect(() => {
    if (!isOpen) return undefined;
    const timer = setInterval(reload, POLL_MS);
    return () => clearInterval(timer);
  }, [isOpen, reload]);

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
    try {
      await work();
    } catch (error) {
      setFailure(sentenceOf(error));
    }
    reload();
  };
  return {
    queues: value,
    failure,
    start: (ownedBy: string, refs: ServiceAccountRef[]) =>
      doing(() => api.startMoveQueue({ ownedBy, refs })),
    stop: (id: string) => doing(() => api.stopMoveQueue(id)),
  };
}
