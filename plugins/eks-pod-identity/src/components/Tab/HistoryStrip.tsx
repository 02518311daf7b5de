import { Button, Text } from '@backstage/ui';
import {
  capitalised,
  type PastRun,
} from 'backstage-plugin-eks-pod-identity-common';
import { useEffect, useRef } from 'react';
import { useTexts } from '../../hooks/useTexts';
import { relativeTime } from '../when';
import { StatusBadge } from '../StatusBadge';
import { OlderProblem } from './OlderProblem';
import { StartedBy } from './StartedBy';
import { scrollSideways } from './scrollSideways';
import styles from './Tab.module.css';
import type { OlderRuns } from './useReports';

/** Past runs as a strip: each with an icon, a status word, a time and who started it. */
export function HistoryStrip({
  runs,
  selectedId,
  onSelect,
  older,
}: {
  runs: PastRun[];
  selectedId?: string;
  onSelect: (id: string) => void;
  older: OlderRuns;
}) {
  const { t } = useTexts();
  const strip = useRef<HTMLOListElement>(null);
  const selected = useRef<HTMLButtonElement>(null);
  const isListed = runs.some(run => run.id === selectedId);
  useEffect(() => {
    if (isListed) scrollSideways(strip.current, selected.current);
  }, [selectedId, isListed]);
  if (runs.length === 0) return null;
  return (
    <section className={styles.history}>
      <Text as="h2" variant="title-x-small" weight="bold">
        {t('tab.history')}
      </Text>
      <ol
        ref={strip}
        className={styles.strip}
        aria-label={t('tab.historyLabel')}
        data-scrolls
      >
        {runs.map(run => (
          <li key={run.id}>
            <button
              ref={run.id === selectedId ? selected : undefined}
              type="button"
              className={styles.run}
              data-status={run.status}
              aria-pressed={run.id === selectedId}
              title={`${new Date(
                run.finishedAt,
              ).toLocaleString()}\n${capitalised(run.sentence)}`}
              onClick={() => onSelect(run.id)}
            >
              <StatusBadge status={run.status} />
              <span className={styles.runTime}>
                {relativeTime(run.finishedAt)}
              </span>
              <span className={styles.runTime}>
                <StartedBy run={run} />
              </span>
            </button>
          </li>
        ))}
        {older.exist && (
          <li className={styles.older}>
            <Button size="small" variant="tertiary" onPress={older.load}>
              {t(older.problem ? 'card.retry' : 'tab.older')}
            </Button>
          </li>
        )}
      </ol>
      {older.problem && <OlderProblem problem={older.problem} />}
    </section>
  );
}
