import { useApi } from '@backstage/frontend-plugin-api';
import type {
  CheckResult,
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
  error?: string;
}

const IDLE: VerificationProgress = { running: false, checks: [] };

/** Starts a verification, or joins the one that is running, and follows it to its end. */
export function useVerification(options: {
  ref: ServiceAccountRef;
  entityRef?: string;
  /** An operation that somebody else started. */
  runningOperationId?: string;
  onFinished: () => void;
}) {
  const api = useApi(podIdentityApiRef);
  const { ref, entityRef, runningOperationId, onFinished } = options;
  const { cluster, namespace, serviceAccount } = ref;
  const [progress, setProgress] = useState<VerificationProgress>(IDLE);
  const controller = useRef<AbortController>();
  const operationId = useRef<string>();
  const finished = useRef(onFinished);
  finished.current = onFinished;

  const follow = useCallback(
    async (getId: (signal: AbortSignal) => Promise<string>) => {
      controller.current?.abort();
      const mine = new AbortController();
      controller.current = mine;
      setProgress({ running: true, checks: [] });
      let error: string | undefined;
      try {
        const id = await getId(mine.signal);
        operationId.current = id;
        for await (const event of api.followOperation(id, {
          signal: mine.signal,
        })) {
          if (mine.signal.aborted) return;
          if (event.type === 'check') {
            setProgress(previous => ({
              running: true,
              checks: [...previous.checks, event.data],
              line: event.data.title,
            }));
          } else if (event.type === 'log') {
            setProgress(previous => ({
              ...previous,
              line: event.data.message,
            }));
          } else if (event.type === 'state' && event.data.error) {
            error = event.data.error.message;
          }
        }
      } catch (caught) {
        if (mine.signal.aborted) return;
        error = sentenceOf(caught);
      }
      operationId.current = undefined;
      setProgress({ ...IDLE, error });
      finished.current();
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
        return operation.id;
      }),
    [api, follow, cluster, namespace, serviceAccount, entityRef],
  );

  const cancel = useCallback(async () => {
    if (operationId.current) await api.cancelOperation(operationId.current);
  }, [api]);

  useEffect(() => {
    if (runningOperationId && runningOperationId !== operationId.current) {
      follow(async () => runningOperationId);
    }
  }, [follow, runningOperationId]);

  useEffect(() => () => controller.current?.abort(), []);

  return { progress, start, cancel };
}
