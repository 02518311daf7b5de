import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Text } from '@backstage/ui';
import { RiArrowRightSLine } from '@remixicon/react';
import type { CheckResult } from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityTranslationRef } from '../../translation';
import { FixBlock } from '../Fix';
import { CheckIcon } from '../StatusBadge';
import { CheckLinks, Evidence } from './Evidence';
import styles from './Report.module.css';

/** One check: its answer, and behind it the evidence and what to do. */
export function CheckRow({
  check,
  isCause,
}: {
  check: CheckResult;
  /** Told in full above already. */
  isCause: boolean;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  return (
    <details
      className={styles.check}
      data-status={check.status}
      // What follows from another finding needs no reading of its own
      open={check.status === 'fail' && !isCause && !check.becauseOf}
    >
      <summary className={styles.row}>
        <CheckIcon status={check.status} />
        <span className={styles.title}>
          {check.title}
          {isCause && <span className={styles.tag}>{t('tab.rootCause')}</span>}
        </span>
        <span className={styles.message}>{check.message}</span>
        <RiArrowRightSLine
          size={18}
          aria-hidden="true"
          className={styles.chevron}
        />
      </summary>
      <div className={styles.body}>
        <Evidence check={check} />
        {check.fix && (
          <FixBlock
            fix={check.fix}
            docsUrl={check.docsUrl}
            nearby={check.nearby}
            said={check.message}
          />
        )}
        <CheckLinks check={check} withDocs={!check.fix} />
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
