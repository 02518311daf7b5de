import { useApi } from '@backstage/frontend-plugin-api';
import type {
  CheckResult,
  OperationEvent,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { useCallback, useEffect, useRef, useState } from 'react';
import { podIdentityApiRef } from '../api';
import { sentenceOf } from './problems';

export interface VerificationProgress {
  running: boolean;
  /** The last line worth showing: a check that ended, or who is being waited for. */
  line?: string;
  checks: CheckResult[];
  /** Why it could not run, be followed or be cancelled. */
  error?: string;
  /** It was accepted, and only its news could not be read: what came of it, the identity tells. */
  unfollowed?: boolean;
  /** Only its starter may cancel a verification. */
  canCancel: boolean;
  /** It was asked to stop, and says so when it has. */
  cancelling: boolean;
  /** The last one ended because somebody cancelled it. */
  cancelled: boolean;
}

const IDLE: VerificationProgress = {
  running: false,
  checks: [],
  canCancel: false,
  cancelling: false,
  cancelled: false,
};

/** The verification that is being followed. */
interface Followed {
  controller: AbortController;
  id: Promise<string>;
}

/** Starts a verification, or joins the one that is running, and follows it to its end. */
export function useVerification(options: {
  ref: ServiceAccountRef;
  entityRef?: string;
  /** An operation that runs, whoever started it. */
  running?: { operationId: string; mine?: boolean };
  /** The backend has accepted what was started here. */
  onStarted?: () => void;
  onFinished: () => void;
}) {
  const api = useApi(podIdentityApiRef);
  const { ref, entityRef, running } = options;
  const { cluster, namespace, serviceAccount } = ref;
  const [progress, setProgress] = useState<VerificationProgress>(IDLE);
  const followed = useRef<Followed>();
  /** Its headline may come a moment later, so the backend may still call it running. */
  const ended = useRef<string>();
  const told = useRef(options);
  told.current = options;

  const follow = useCallback(
    async (
      getId: (signal: AbortSignal) => Promise<string>,
      canCancel: boolean,
    ) => {
      // One at a time: neither a second click nor an answer that names another operation of the same run starts anew.
      if (followed.current) return;
      const controller = new AbortController();
      const { signal } = controller;
      const mine: Followed = { controller, id: getId(signal) };
      followed.current = mine;
      setProgress({ ...IDLE, running: true, canCancel });
      let end: Partial<VerificationProgress> = {};
      let accepted = false;
      try {
        const id = await mine.id;
        accepted = true;
        ended.current = id;
        for await (const event of api.followOperation(id, { signal })) {
          if (signal.aborted) return;
          end = endOf(event) ?? end;
          setProgress(previous => ({
            ...previous,
            ...progressOf(event, previous),
          }));
        }
      } catch (caught) {
        if (signal.aborted) return;
        end = { error: sentenceOf(caught), unfollowed: accepted };
      }
      if (signal.aborted) return;
      followed.current = undefined;
      setProgress({ ...IDLE, ...end });
      told.current.onFinished();
    },
    [api],
  );

  const start = useCallback(
    () =>
      follow(async signal => {
        const operation = await api.startOperation(
          {
            kind: 'verify',
            trigger: 'user',
            input: {
              clusterName: cluster,
              namespace,
              serviceAccount,
              entityRef,
            },
          },
          { signal },
        );
        if (!signal.aborted) told.current.onStarted?.();
        return operation.id;
      }, true),
    [api, follow, cluster, namespace, serviceAccount, entityRef],
  );

  const cancel = useCallback(async () => {
    const mine = followed.current;
    if (!mine) return;
    const say = (news: Partial<VerificationProgress>) =>
      setProgress(previous =>
        followed.current === mine ? { ...previous, ...news } : previous,
      );
    say({ cancelling: true, error: undefined });
    try {
      await api.cancelOperation(await mine.id);
    } catch (caught) {
      say({ cancelling: false, error: sentenceOf(caught) });
    }
  }, [api]);

  const operationId = running?.operationId;
  const startedHere = running?.mine !== false;
  useEffect(() => {
    if (operationId && !progress.running && operationId !== ended.current) {
      follow(async () => operationId, startedHere);
    }
  }, [follow, operationId, startedHere, progress.running]);

  // It has ended without us: the identity says how.
  useEffect(() => {
    if (operationId) return;
    setProgress(previous => (previous.unfollowed ? IDLE : previous));
  }, [operationId]);

  useEffect(
    () => () => {
      followed.current?.controller.abort();
      followed.current = undefined;
    },
    [],
  );

  return { progress, start, cancel };
}

function progressOf(
  event: OperationEvent,
  previous: VerificationProgress,
): Partial<VerificationProgress> {
  switch (event.type) {
    case 'check':
      return {
        checks: [...previous.checks, event.data],
        line: event.data.title,
      };
    case 'log':
      return { line: event.data.message };
    default:
      return {};
  }
}

function endOf(
  event: OperationEvent,
): Partial<VerificationProgress> | undefined {
  if (event.type !== 'state') return undefined;
  const { state, error } = event.data;
  if (state === 'cancelled') return { cancelled: true };
  return error && { error: error.message };
}
