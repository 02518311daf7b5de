import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { RiArrowRightSLine } from '@remixicon/react';
import type {
  CheckCategory,
  CheckResult,
} from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityTranslationRef } from '../../translation';
import { CheckIcon } from '../StatusBadge';
import { CheckRow } from './CheckRow';
import { CHECK_STATUS_ORDER, Counts } from './Counts';
import styles from './Report.module.css';

/** The checks of one hop of the path, as a line that opens. */
export function Category({
  category,
  checks,
  cause,
  open,
  onToggle,
}: {
  category: CheckCategory;
  checks: CheckResult[];
  cause?: CheckResult;
  open: boolean;
  onToggle: (open: boolean) => void;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const worst = CHECK_STATUS_ORDER.find(status =>
    checks.some(check => check.status === status),
  )!;
  return (
    <details
      className={styles.category}
      open={open}
      onToggle={event => onToggle(event.currentTarget.open)}
    >
      <summary className={styles.categoryHead}>
        <RiArrowRightSLine
          size={18}
          aria-hidden="true"
          className={styles.chevron}
        />
        <CheckIcon status={worst} decorative />
        <h3 className={styles.categoryName}>{t(`category.${category}`)}</h3>
        <Counts checks={checks} />
      </summary>
      <div className={styles.checks}>
        {checks.map(check => (
          <CheckRow
            key={check.id}
            check={check}
            isCause={check.id === cause?.id}
          />
        ))}
      </div>
    </details>
  );
}
