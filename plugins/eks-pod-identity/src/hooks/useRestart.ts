import { useApi } from '@backstage/frontend-plugin-api';
import type { Identity } from 'backstage-plugin-eks-pod-identity-common';
import { useCallback, useEffect, useRef, useState } from 'react';
import { podIdentityApiRef } from '../api';
import { sentenceOf } from './problems';

export interface RestartProgress {
  running: boolean;
  /** What it waits for. */
  line?: string;
  problem?: {
    kind: 'failed' | 'unfollowed' | 'unverified';
    message: string;
  };
  /** Why workloads were left alone, in sentences. */
  warnings: string[];
}

const IDLE: RestartProgress = { running: false, warnings: [] };

/**
 * Restarts the workloads of an identity whose pods started too early, follows that to its end, and has the identity
 * verified; not where a workload was left alone, so that the user reads why.
 */
export function useRestart(options: {
  identity: Identity;
  entityRef?: string;
  /** The verification has begun, or the restart failed. */
  onChanged: () => void;
}) {
  const api = useApi(podIdentityApiRef);
  const latest = useRef(options);
  latest.current = options;
  const [progress, setProgress] = useState(IDLE);
  const controller = useRef<AbortController>();
  useEffect(() => () => controller.current?.abort(), []);

  const start = useCallback(async () => {
    const { identity, entityRef } = latest.current;
    const { cluster, namespace, serviceAccount } = identity.ref;
    const input = {
      clusterName: cluster,
      namespace,
      serviceAccount,
      entityRef,
    };
    controller.current?.abort();
    const mine = new AbortController();
    controller.current = mine;
    const { signal } = mine;
    setProgress({ ...IDLE, running: true });
    let problem: RestartProgress['problem'];
    let warnings: string[] = [];
    let phase: NonNullable<typeof problem>['kind'] = 'failed';
    try {
      const { id } = await api.startOperation(
        { kind: 'restart', input },
        { signal },
      );
      phase = 'unfollowed';
      for await (const event of api.followOperation(id, { signal })) {
        if (signal.aborted) return;
        if (event.type === 'step') {
          const line = event.data.message;
          setProgress(previous => ({ ...previous, line }));
        } else if (event.type === 'result') {
          warnings = 'warnings' in event.data ? event.data.warnings : [];
        } else if (event.type === 'state' && event.data.error) {
          problem = { kind: 'failed', message: event.data.error.message };
        }
      }
      if (!problem && warnings.length === 0 && identity.can.verify) {
        phase = 'unverified';
        await api.startOperation({ kind: 'verify', input }, { signal });
      }
    } catch (caught) {
      problem = { kind: phase, message: sentenceOf(caught) };
    }
    if (signal.aborted) return;
    setProgress({ running: false, problem, warnings });
    latest.current.onChanged();
  }, [api]);

  return { progress, start };
}
