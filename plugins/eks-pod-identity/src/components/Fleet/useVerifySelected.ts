import { useApi } from '@backstage/frontend-plugin-api';
import { useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { sentenceOf } from '../../hooks/problems';
import type { Row } from './associationColumns';

/** The portal runs a few at a time for one user; more would be refused. */
export const MOST_SELECTED = 10;

export interface Outcome {
  started: number;
  /** Why the others were not, each sentence once. */
  refusals: string[];
  refused: number;
}

/** Which rows are selected, and how their verifications were taken up; each is a request of its own, with its own permission. */
export function useVerifySelected(rows: Row[], onStarted: () => void) {
  const api = useApi(podIdentityApiRef);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [isStarting, setIsStarting] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  const verifiable = rows.filter(row => row.can?.verify);
  const chosen = verifiable.filter(({ id }) => selected.has(id));

  const select = (keys: 'all' | Iterable<string | number>) => {
    setOutcome(undefined);
    // With rows that cannot be selected, the box for all never counts as checked
    const isAll = chosen.length === verifiable.length;
    const all = isAll ? [] : verifiable.map(({ id }) => id);
    setSelected(new Set(keys === 'all' ? all : [...keys].map(String)));
  };
  const start = async () => {
    setIsStarting(true);
    const refusals: string[] = [];
    for (const { ref } of chosen) {
      const { cluster: clusterName, namespace, serviceAccount } = ref;
      try {
        await api.startOperation({
          kind: 'verify',
          input: { clusterName, namespace, serviceAccount },
        });
      } catch (error) {
        refusals.push(sentenceOf(error));
      }
    }
    setOutcome({
      started: chosen.length - refusals.length,
      refused: refusals.length,
      refusals: [...new Set(refusals)],
    });
    setIsStarting(false);
    setSelected(new Set());
    onStarted();
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
