import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Text } from '@backstage/ui';
import type { CheckResult } from 'backstage-plugin-eks-pod-identity-common';
import { useId } from 'react';
import { podIdentityTranslationRef } from '../../translation';
import { CheckIcon } from '../StatusBadge';
import { CheckDetails } from './CheckDetails';
import styles from './Report.module.css';

/** The one finding to read first, with everything needed to fix it. */
export function RootCause({ check }: { check: CheckResult }) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const id = useId();
  return (
    <section
      className={styles.cause}
      data-status={check.status}
      aria-labelledby={id}
    >
      <div className={styles.causeHead}>
        <CheckIcon status={check.status} />
        <h3 id={id} className={styles.causeLabel}>
          {check.status === 'unknown'
            ? t('tab.whyInconclusive')
            : t('tab.rootCause')}
        </h3>
        <span>{t('tab.check', { title: check.title })}</span>
      </div>
      <div className={styles.causeBody}>
        <Text as="p" variant="title-x-small" weight="bold">
          {check.message}
        </Text>
        <CheckDetails check={check} />
      </div>
    </section>
  );
}
