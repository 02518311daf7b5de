import { RiArrowRightSLine } from '@remixicon/react';
import {
  worstStatus,
  type CheckCategory,
  type CheckResult,
  type Diagnosis,
} from 'backstage-plugin-eks-pod-identity-common';
import { useTexts } from '../../hooks/useTexts';
import { CheckIcon } from '../StatusBadge';
import { CheckRow } from './CheckRow';
import { Counts } from './Counts';
import styles from './Report.module.css';

/** The checks of one hop of the path, as a line that opens. */
export function Category({
  category,
  checks,
  diagnosis,
  open,
  onToggle,
}: {
  category: CheckCategory;
  checks: CheckResult[];
  diagnosis: Diagnosis;
  open: boolean;
  onToggle: (open: boolean) => void;
}) {
  const { t } = useTexts();
  const { cause, explainedBy } = diagnosis;
  const own = checks.filter(({ id }) => !explainedBy.has(id));
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
        <CheckIcon status={worstStatus(own)} decorative />
        <h3 className={styles.categoryName}>{t(`category.${category}`)}</h3>
        <Counts checks={checks} explainedBy={explainedBy} />
      </summary>
      <div className={styles.checks}>
        {checks.map(check => (
          <CheckRow
            key={check.id}
            check={check}
            isCause={check.id === cause?.check.id}
            explainedBy={explainedBy.get(check.id)}
          />
        ))}
      </div>
    </details>
  );
}
