import { useApi } from '@backstage/frontend-plugin-api';
import type {
  CheckResult,
  OperationEvent,
  PodIdentityApi,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { useCallback, useEffect, useRef, useState } from 'react';
import { podIdentityApiRef } from '../api';
import { sentenceOf } from './problems';

export interface VerificationProgress {
  running: boolean;
  /** The latest line worth showing: a finished check, or what the run waits for. */
  line?: string;
  checks: CheckResult[];
  /** How many checks there are, once that is known. */
  total?: number;
  /** Why it could not be run, followed or cancelled. */
  error?: string;
  /** It was accepted, but its events could not be read; the identity will show the outcome. */
  unfollowed?: boolean;
  /** Only the user who started a verification may cancel it. */
  canCancel: boolean;
  /** A cancellation was requested; the run has not ended yet. */
  cancelling: boolean;
  /** The last run was cancelled. */
  cancelled: boolean;
  /** The last run ended before it could be cancelled. */
  tooLate?: boolean;
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

interface StartOptions {
  /** Records a timeline. */
  timeline?: boolean;
  /** Runs one more pod in each other node group in use. */
  perNodeGroup?: boolean;
}

interface VerificationOptions {
  ref: ServiceAccountRef;
  entityRef?: string;
  /** A verification of this identity that is already running. */
  running?: { operationId: string; mine?: boolean };
  /** The backend has accepted the verification that was started here. */
  onStarted?: () => void;
  onFinished: () => void;
}

/** Starts a verification, or joins the one that is running, and follows it to its end. */
export function useVerification(options: VerificationOptions) {
  const api = useApi(podIdentityApiRef);
  const { ref, entityRef, running } = options;
  const { cluster, namespace, serviceAccount } = ref;
  const latest = useRef(options);
  latest.current = options;
  const { progress, follow, cancel, forgetUnfollowed, endedId } = useFollowing(
    api,
    useCallback(() => latest.current.onFinished(), []),
  );

  const start = useCallback(
    ({ timeline, perNodeGroup }: StartOptions = {}) =>
      follow(async signal => {
        const input = {
          clusterName: cluster,
          namespace,
          serviceAccount,
          entityRef,
          ...(perNodeGroup ? { perNodeGroup } : {}),
        };
        const operation = await api.startOperation(
          { kind: 'verify', input },
          { signal, timeline },
        );
        if (!signal.aborted) latest.current.onStarted?.();
        return operation.id;
      }, true),
    [api, follow, cluster, namespace, serviceAccount, entityRef],
  );

  const operationId = running?.operationId;
  const startedHere = running?.mine !== false;
  useEffect(() => {
    if (operationId && !progress.running && operationId !== endedId.current) {
      follow(async () => operationId, startedHere);
    }
  }, [follow, operationId, startedHere, progress.running, endedId]);

  // It has ended without being followed; the identity shows the outcome
  useEffect(() => {
    if (!operationId) forgetUnfollowed();
  }, [operationId, forgetUnfollowed]);

  return { progress, start, cancel };
}

/** Follows one operation at a time and keeps its progress. */
function useFollowing(api: PodIdentityApi, onFinished: () => void) {
  const [progress, setProgress] = useState<VerificationProgress>(IDLE);
  const followed = useRef<Followed>(undefined);
  /** The backend may still call this one running: its headline can lag behind the last event. */
  const endedId = useRef<string>(undefined);

  const follow = useCallback(
    async (
      getId: (signal: AbortSignal) => Promise<string>,
      canCancel: boolean,
    ) => {
      // Neither a second click nor an answer that names another operation of the same run starts over
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
        endedId.current = id;
        for await (const event of api.followOperation(id, { signal })) {
          if (signal.aborted) return;
          end = endOf(event) ?? end;
          setProgress(previous => ({
            ...previous,
            ...progressOf(event, previous),
          }));
        }
      } catch (caught) {
        end = { error: sentenceOf(caught), unfollowed: accepted };
      }
      if (signal.aborted) return;
      followed.current = undefined;
      setProgress(({ cancelling }) => ({
        ...IDLE,
        tooLate: cancelling && !end.cancelled && !end.error,
        ...end,
      }));
      onFinished();
    },
    [api, onFinished],
  );

  const cancel = useCallback(async () => {
    const mine = followed.current;
    if (!mine) return;
    const update = (change: Partial<VerificationProgress>) =>
      setProgress(previous =>
        followed.current === mine ? { ...previous, ...change } : previous,
      );
    update({ cancelling: true, error: undefined });
    try {
      await api.cancelOperation(await mine.id);
    } catch (caught) {
      update({ cancelling: false, error: sentenceOf(caught) });
    }
  }, [api]);

  const forgetUnfollowed = useCallback(
    () => setProgress(previous => (previous.unfollowed ? IDLE : previous)),
    [],
  );

  useEffect(
    () => () => {
      followed.current?.controller.abort();
      followed.current = undefined;
    },
    [],
  );

  return { progress, follow, cancel, forgetUnfollowed, endedId };
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
      return event.data.checks === undefined
        ? { line: event.data.message }
        : { total: event.data.checks };
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
