import type {
  CheckResult,
  CheckStatus,
  Diagnosis,
} from 'backstage-plugin-eks-pod-identity-common';
import { useTexts } from '../../hooks/useTexts';
import { CheckIcon } from '../StatusBadge';
import styles from './Report.module.css';

/** Worst first. */
const CHECK_STATUS_ORDER: readonly CheckStatus[] = [
  'fail',
  'warn',
  'unknown',
  'note',
  'pass',
  'skip',
];

/** Number of checks by status, without zeros; those that wait for another one have their own. */
export function Counts({
  checks,
  explainedBy,
}: {
  checks: CheckResult[];
  explainedBy: Diagnosis['explainedBy'];
}) {
  const { t } = useTexts();
  const own = checks.filter(({ id }) => !explainedBy.has(id));
  const waiting = checks.length - own.length;
  return (
    <span className={styles.counts}>
      {CHECK_STATUS_ORDER.map(status => {
        const count = own.filter(check => check.status === status).length;
        if (count === 0) return null;
        return (
          <span key={status} className={styles.count} data-status={status}>
            <CheckIcon status={status} decorative />
            {t(`checkCount.${status}`, { count })}
          </span>
        );
      })}
      {waiting > 0 && (
        <span className={styles.count} data-status="skip">
          <CheckIcon status="skip" decorative />
          {t('checkCount.waiting', { count: waiting })}
        </span>
      )}
    </span>
  );
}
