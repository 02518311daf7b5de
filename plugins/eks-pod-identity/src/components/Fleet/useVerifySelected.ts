import { useApi } from '@backstage/frontend-plugin-api';
import { useEffect, useRef, useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { sentenceOf } from '../../hooks/problems';
import type { Row } from './associationColumns';

/** The portal runs a few at a time for one user; more would be refused. */
export const MOST_SELECTED = 10;

export interface Outcome {
  started: number;
  /** How many of those that were started have ended. */
  ended: number;
  /** Why the others were not, each sentence once. */
  refusals: string[];
  refused: number;
}

/**
 * Which rows are selected, and how far their verifications are; each is a request of its own, with its own permission.
 *
 * @param onChanged - one was started, or has ended
 */
export function useVerifySelected(rows: Row[], onChanged: () => void) {
  const api = useApi(podIdentityApiRef);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [isStarting, setIsStarting] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  const changed = useRef(onChanged);
  changed.current = onChanged;
  const controller = useRef<AbortController>(undefined);
  useEffect(() => () => controller.current?.abort(), []);
  const verifiable = rows.filter(row => row.can?.verify);
  const chosen = verifiable.filter(({ id }) => selected.has(id));

  const select = (keys: 'all' | Iterable<string | number>) => {
    setOutcome(undefined);
    // With rows that cannot be selected, the box for all never counts as checked
    const isAll = chosen.length === verifiable.length;
    const all = isAll ? [] : verifiable.map(({ id }) => id);
    setSelected(new Set(keys === 'all' ? all : [...keys].map(String)));
  };
  /** Where it cannot be followed, it stays one that was started. */
  const follow = async (id: string, signal: AbortSignal) => {
    try {
      for await (const _ of api.followOperation(id, { signal })) {
        if (signal.aborted) return;
      }
    } catch {
      return;
    }
    if (signal.aborted) return;
    setOutcome(known => known && { ...known, ended: known.ended + 1 });
    changed.current();
  };
  const start = async () => {
    controller.current?.abort();
    const { signal } = (controller.current = new AbortController());
    setIsStarting(true);
    const started: string[] = [];
    const refusals: string[] = [];
    for (const { ref, entityRef } of chosen) {
      const { cluster: clusterName, namespace, serviceAccount } = ref;
      try {
        const { id } = await api.startOperation({
          kind: 'verify',
          // No tag in AWS may name the component: then the request has to
          input: { clusterName, namespace, serviceAccount, entityRef },
        });
        started.push(id);
      } catch (error) {
        refusals.push(sentenceOf(error));
      }
    }
    setOutcome({
      started: started.length,
      ended: 0,
      refused: refusals.length,
      refusals: [...new Set(refusals)],
    });
    setIsStarting(false);
    setSelected(new Set());
    onChanged();
    for (const id of started) follow(id, signal);
  };
  return {
    chosen,
    keys: new Set(chosen.map(({ id }) => id)),
    canSelect: verifiable.length > 0,
    select,
    start,
    isStarting,
    outcome,
  };
}
