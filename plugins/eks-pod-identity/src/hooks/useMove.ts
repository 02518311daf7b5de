import { useApi } from '@backstage/frontend-plugin-api';
import type {
  MigrateInput,
  MigrateResult,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { useCallback, useEffect, useRef, useState } from 'react';
import { podIdentityApiRef } from '../api';
import { sentenceOf } from './problems';

export interface MoveProgress {
  running: boolean;
  /** What it has done so far, and last what it waits for; sentences. */
  lines: string[];
  problem?: { kind: 'failed' | 'unfollowed'; message: string };
  warnings: string[];
  /** How a move ended that is not taken back. */
  moved?: Pick<MigrateResult, 'state' | 'toConfirm' | 'confirmed'>;
  isBack?: boolean;
}

const IDLE: MoveProgress = { running: false, lines: [], warnings: [] };

type Asked =
  | ({ kind: 'migrate' } & Pick<
      MigrateInput,
      'until' | 'confirmed' | 'acceptNoWayBack'
    >)
  | { kind: 'rollback' };

/** Has the portal move a service account, or take it back, and follows that to its end; it goes on without the page. */
export function useMove(options: {
  of: ServiceAccountRef;
  entityRef?: string;
  onEnded: () => void;
}) {
  const api = useApi(podIdentityApiRef);
  const latest = useRef(options);
  latest.current = options;
  const [progress, setProgress] = useState(IDLE);
  const controller = useRef<AbortController>();
  useEffect(() => () => controller.current?.abort(), []);

  const start = useCallback(
    async (asked: Asked) => {
      const { of, entityRef } = latest.current;
      const target = {
        clusterName: of.cluster,
        namespace: of.namespace,
        serviceAccount: of.serviceAccount,
        entityRef,
      };
      controller.current?.abort();
      const mine = new AbortController();
      controller.current = mine;
      const { signal } = mine;
      const ended: MoveProgress = { running: false, lines: [], warnings: [] };
      let phase: 'failed' | 'unfollowed' = 'failed';
      setProgress({ ...IDLE, running: true });
      try {
        const { kind, ...more } = asked;
        const input = { ...target, ...more };
        const { id } = await api.startOperation({ kind, input }, { signal });
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
            const result = event.data;
            ended.warnings = 'warnings' in result ? result.warnings : [];
            if (result.kind === 'migrate') ended.moved = result;
            ended.isBack = result.kind === 'rollback';
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
      latest.current.onEnded();
    },
    [api],
  );

  return { progress, start };
}
