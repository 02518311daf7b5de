import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type {
  CheckResult,
  CheckStatus,
} from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityTranslationRef } from '../../translation';
import { CheckIcon } from '../StatusBadge';
import styles from './Report.module.css';

/** Worst first. */
export const CHECK_STATUS_ORDER: readonly CheckStatus[] = [
  'fail',
  'warn',
  'unknown',
  'note',
  'pass',
  'skip',
];

/** Number of checks by status, without zeros. */
export function Counts({ checks }: { checks: CheckResult[] }) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  return (
    <span className={styles.counts}>
      {CHECK_STATUS_ORDER.map(status => {
        const count = checks.filter(check => check.status === status).length;
        if (count === 0) return null;
        return (
          <span key={status} className={styles.count} data-status={status}>
            <CheckIcon status={status} decorative />
            {t(`checkCount.${status}`, { count })}
          </span>
        );
      })}
    </span>
  );
}
