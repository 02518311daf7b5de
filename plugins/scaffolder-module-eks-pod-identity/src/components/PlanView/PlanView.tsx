import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { RiAlertLine } from '@remixicon/react';
import type {
  Plan,
  PlanChange,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Translate } from '../../api/problems';
import { formFieldsTranslationRef } from '../../translation';
import { PlanSteps } from './PlanSteps';
import styles from './PlanView.module.css';

/** What a plan would change, what it keeps, and why it would be refused. */
export function PlanView({ plan }: { plan: Plan }) {
  const { t } = useTranslationRef(formFieldsTranslationRef);
  const conflicts = plan.steps.filter(step => step.change === 'conflict');
  const changing = plan.steps.filter(
    ({ change }) => change !== 'keep' && change !== 'conflict',
  );
  const staying = plan.steps.filter(
    ({ change, resource }) => change === 'keep' && resource.kind !== 'gate',
  );
  // Not a resource that is kept: the run waits for it if it changes anything
  const gates = plan.steps.filter(
    ({ change, resource }) => change === 'keep' && resource.kind === 'gate',
  );
  return (
    <div className={styles.plan}>
      <p role="status" className={styles.summary}>
        {summaryOf(plan, t)}
      </p>
      {conflicts.length > 0 && <PlanSteps steps={conflicts} />}
      {plan.warnings.map(warning => (
        <p key={warning} className={styles.warning}>
          <RiAlertLine size={18} aria-hidden="true" />
          <span>{warning}</span>
        </p>
      ))}
      {/* What a refused run would have done only distracts from why it is refused */}
      {changing.length > 0 && !plan.conflicts && (
        <PlanSteps steps={plan.changes ? [...changing, ...gates] : changing} />
      )}
      {plan.kind === 'teardown' && Boolean(plan.affectedWorkloads?.length) && (
        <div>
          <p className={styles.subtitle}>{t('plan.workloads')}</p>
          <ul className={styles.workloads}>
            {plan.affectedWorkloads!.map(({ kind, name, pods }) => (
              <li key={`${kind}/${name}`}>
                {kind} {name} · {t('plan.pods', { count: pods })}
              </li>
            ))}
          </ul>
        </div>
      )}
      {staying.length > 0 && !plan.conflicts && (
        <details className={styles.staying}>
          <summary>{t('plan.keep', { count: staying.length })}</summary>
          <PlanSteps steps={staying} />
        </details>
      )}
    </div>
  );
}

/** One sentence: refused, no changes, or how many of which kind. */
function summaryOf(plan: Plan, t: Translate): string {
  if (plan.conflicts) return t('plan.refused');
  if (!plan.changes) return t('plan.nothing');
  const count = (...changes: PlanChange[]) =>
    plan.steps.filter(step => changes.includes(step.change)).length;
  const created = count('create');
  const updated = count('update', 'replace');
  const deleted = count('delete');
  const counts = [
    created && t('plan.create', { count: created }),
    updated && t('plan.update', { count: updated }),
    deleted && t('plan.delete', { count: deleted }),
  ].filter(Boolean);
  return `${counts.join(', ')}. ${t('plan.promise')}`;
}
