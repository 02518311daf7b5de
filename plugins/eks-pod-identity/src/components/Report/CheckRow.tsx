import { Text } from '@backstage/ui';
import { RiArrowRightSLine } from '@remixicon/react';
import type { CheckResult } from 'backstage-plugin-eks-pod-identity-common';
import { useTexts } from '../../hooks/useTexts';
import { Sentence } from '../Sentence';
import { CheckIcon } from '../StatusBadge';
import { CheckDetails } from './CheckDetails';
import styles from './Report.module.css';

/** One check: its answer, which opens to show the evidence and the fix. */
export function CheckRow({
  check,
  isCause,
  explainedBy,
}: {
  check: CheckResult;
  /** Shown in full as the root cause above. */
  isCause: boolean;
  /** The finding that it follows from, which has the fix. */
  explainedBy?: CheckResult;
}) {
  const { t } = useTexts();
  const status = explainedBy ? 'skip' : check.status;
  // A title says what is so when all is well
  const isAnswered = check.status === 'pass' || check.status === 'note';
  let rowText = isCause ? t('tab.seeAbove') : check.message;
  if (explainedBy) {
    rowText = t('tab.waitsFor', { title: explainedBy.title });
  }
  return (
    <details
      className={styles.check}
      data-status={status}
      open={status === 'fail' && !isCause}
    >
      <summary className={styles.row}>
        <CheckIcon status={status} />
        <span className={styles.title}>
          {isAnswered ? check.title : t('tab.asked', { title: check.title })}
          {isCause && <span className={styles.tag}>{t('tab.rootCause')}</span>}
        </span>
        <span className={styles.message}>{rowText}</span>
        <RiArrowRightSLine
          size={18}
          aria-hidden="true"
          className={styles.chevron}
        />
      </summary>
      <div className={styles.body}>
        {explainedBy && (
          <Text as="p" variant="body-small">
            <Sentence>{check.message}</Sentence>
          </Text>
        )}
        {!explainedBy && !isCause && <CheckDetails check={check} />}
        <Text as="p" variant="body-x-small" color="secondary">
          {check.id} ·{' '}
          {t('tab.duration', { ms: String(Math.round(check.durationMs)) })}
          {check.attempts > 1 &&
            ` · ${t('tab.attempts', { count: check.attempts })}`}
        </Text>
      </div>
    </details>
  );
}
