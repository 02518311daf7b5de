import { Button, Text } from '@backstage/ui';
import type { Finding } from 'backstage-plugin-eks-pod-identity-common';
import { useId } from 'react';
import { useTexts } from '../../hooks/useTexts';
import { Sentence } from '../Sentence';
import { CheckIcon } from '../StatusBadge';
import { CheckDetails } from './CheckDetails';
import styles from './Report.module.css';

/** The one finding to read first, with everything needed to fix it. */
export function RootCause({
  finding: { check, followers, severity },
  onVerifyAgain,
}: {
  finding: Finding;
  /** Absent for those who are not allowed to verify. */
  onVerifyAgain?: () => void;
}) {
  const { t } = useTexts();
  const id = useId();
  return (
    <section
      className={styles.cause}
      data-status={severity}
      aria-labelledby={id}
    >
      <div className={styles.causeHead}>
        <CheckIcon status={severity} />
        <h3 id={id} className={styles.causeLabel}>
          {severity === 'unknown'
            ? t('tab.whyInconclusive')
            : t('tab.rootCause')}
        </h3>
        <span>{t('tab.check', { title: check.title })}</span>
      </div>
      <div className={styles.causeBody}>
        <Text as="p" variant="title-x-small" weight="bold">
          <Sentence>{check.message}</Sentence>
        </Text>
        <CheckDetails check={check} />
        {followers.length > 0 && (
          <Text as="p" variant="body-small" color="secondary">
            {t('tab.waiting', { count: followers.length })}
          </Text>
        )}
        {onVerifyAgain && (
          <div>
            <Button size="small" variant="secondary" onPress={onVerifyAgain}>
              {t('tab.verifyAgain')}
            </Button>
          </div>
        )}
      </div>
    </section>
  );
}
