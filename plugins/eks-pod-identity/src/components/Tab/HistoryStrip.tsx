import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Text } from '@backstage/ui';
import type { ReportSummary } from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityTranslationRef } from '../../translation';
import { relativeTime } from '../IdentityCard/when';
import { StatusBadge } from '../StatusBadge';
import styles from './Tab.module.css';

/** Past runs as a strip: each with shape, word and time. */
export function HistoryStrip({
  runs,
  selectedId,
  onSelect,
}: {
  runs: ReportSummary[];
  selectedId?: string;
  onSelect: (id: string) => void;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  if (runs.length === 0) return null;
  return (
    <section>
      <Text as="h3" variant="title-x-small" weight="bold">
        {t('tab.history')}
      </Text>
      <ol className={styles.strip} aria-label={t('tab.historyLabel')}>
        {runs.map(run => (
          <li key={run.id}>
            <button
              type="button"
              className={styles.run}
              aria-pressed={run.id === selectedId}
              title={run.headline}
              onClick={() => onSelect(run.id)}
            >
              <StatusBadge status={run.status} />
              <span className={styles.runTime}>
                {relativeTime(run.finishedAt)}
              </span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}
