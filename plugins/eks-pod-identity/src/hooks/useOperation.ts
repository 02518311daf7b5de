import { useApi } from '@backstage/frontend-plugin-api';
import type {
  OperationResult,
  StartOperation,
} from 'backstage-plugin-eks-pod-identity-common';
import { useCallback, useEffect, useRef, useState } from 'react';
import { podIdentityApiRef } from '../api';
import { sentenceOf } from './problems';

export interface OperationProgress {
  running: boolean;
  /** What it has done so far, and last what it waits for; sentences. */
  lines: string[];
  problem?: { kind: 'failed' | 'unfollowed'; message: string };
  warnings: string[];
  result?: OperationResult;
}

const IDLE: OperationProgress = { running: false, lines: [], warnings: [] };

/** Starts an operation, and follows it to its end; it goes on without the page. */
export function useOperation(onEnded: () => void) {
  const api = useApi(podIdentityApiRef);
  const latest = useRef(onEnded);
  latest.current = onEnded;
  const [progress, setProgress] = useState(IDLE);
  const controller = useRef<AbortController>(undefined);
  useEffect(() => () => controller.current?.abort(), []);

  const start = useCallback(
    async (request: StartOperation) => {
      controller.current?.abort();
      const mine = new AbortController();
      controller.current = mine;
      const { signal } = mine;
      const ended: OperationProgress = { ...IDLE, lines: [] };
      let phase: 'failed' | 'unfollowed' = 'failed';
      setProgress({ ...IDLE, running: true });
      try {
        const { id } = await api.startOperation(request, { signal });
        phase = 'unfollowed';
        for await (const event of api.followOperation(id, { signal })) {
          if (signal.aborted) return;
          if (event.type === 'step') {
            const { message, status } = event.data;
            if (status === 'done') ended.lines.push(message);
            const now = status === 'done' ? [] : [message];
            setProgress({
              ...ended,
              running: true,
              lines: [...ended.lines, ...now],
            });
          } else if (event.type === 'result') {
            ended.result = event.data;
            ended.warnings =
              'warnings' in event.data ? event.data.warnings : [];
          } else if (event.type === 'state' && event.data.error) {
            const { message } = event.data.error;
            ended.problem = { kind: 'failed', message };
          }
        }
      } catch (caught) {
        ended.problem = { kind: phase, message: sentenceOf(caught) };
      }
      if (signal.aborted) return;
      setProgress(ended);
      latest.current();
    },
    [api],
  );

  return { progress, start };
}
