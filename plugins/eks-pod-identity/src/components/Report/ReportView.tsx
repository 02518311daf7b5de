import { Button } from '@backstage/ui';
import {
  CATEGORY_ORDER,
  diagnose,
  type CheckCategory,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { useState } from 'react';
import { useTexts } from '../../hooks/useTexts';
import { Category } from './Category';
import { Changes } from './Changes';
import { Counts } from './Counts';
import styles from './Report.module.css';
import { RootCause } from './RootCause';

/** Statuses that need attention; categories without them are folded. */
const FINDINGS = ['fail', 'warn', 'unknown'];

/** The whole report: the root cause first, then every check along the path. */
export function ReportView({
  report,
  onVerifyAgain,
}: {
  report: VerificationReport;
  onVerifyAgain?: () => void;
}) {
  const { t } = useTexts();
  const diagnosis = diagnose(report);
  const { cause, explainedBy } = diagnosis;
  const groups = CATEGORY_ORDER.map(category => ({
    category,
    checks: report.checks.filter(check => check.category === category),
  })).filter(({ checks }) => checks.length > 0);
  const [open, setOpen] = useState<ReadonlySet<CheckCategory>>(
    () =>
      new Set(
        groups
          .filter(({ checks }) =>
            checks.some(
              check =>
                FINDINGS.includes(check.status) &&
                !explainedBy.has(check.id) &&
                (!check.advisory || check === cause?.check),
            ),
          )
          .map(({ category }) => category),
      ),
  );
  const toggle = (category: CheckCategory, isOpen: boolean) =>
    setOpen(previous => {
      if (previous.has(category) === isOpen) return previous;
      const next = new Set(previous);
      if (isOpen) next.add(category);
      else next.delete(category);
      return next;
    });
  const allOpen = groups.every(({ category }) => open.has(category));

  return (
    <div className={styles.report}>
      {cause && <RootCause finding={cause} onVerifyAgain={onVerifyAgain} />}
      {report.changes && <Changes changes={report.changes} />}
      <div className={styles.head}>
        <Counts checks={report.checks} explainedBy={explainedBy} />
        <Button
          size="small"
          variant="tertiary"
          onPress={() =>
            setOpen(new Set(allOpen ? [] : groups.map(each => each.category)))
          }
        >
          {allOpen ? t('tab.closeAll') : t('tab.openAll')}
        </Button>
      </div>
      <div className={styles.categories}>
        {groups.map(({ category, checks }) => (
          <Category
            key={category}
            category={category}
            checks={checks}
            diagnosis={diagnosis}
            open={open.has(category)}
            onToggle={isOpen => toggle(category, isOpen)}
          />
        ))}
      </div>
    </div>
  );
}
