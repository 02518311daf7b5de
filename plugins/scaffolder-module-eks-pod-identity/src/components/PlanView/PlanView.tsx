import { RiAlertLine } from '@remixicon/react';
import type {
  Plan,
  PlanChange,
  PlanStep,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Translate } from '../../api/problems';
import { useTexts } from '../../hooks/useTexts';
import { PlanSteps } from './PlanSteps';
import styles from './PlanView.module.css';

/** What a plan would change, what it keeps, and why it would be refused. */
export function PlanView({
  plan,
  forceTitle,
}: {
  plan: Plan;
  /** Of a removal: the box of the form that removes even what is used. */
  forceTitle?: string;
}) {
  const { t } = useTexts();
  const used = plan.kind === 'teardown' ? plan.affectedWorkloads ?? [] : [];
  const conflicts = plan.steps.filter(step => step.change === 'conflict');
  const isKept = ({ id }: PlanStep) => id === 'workloads' && used.length > 0;
  const others = conflicts.filter(step => !isKept(step));
  const isUsed = others.length < conflicts.length;
  const isStaying = ({ change, resource }: PlanStep) =>
    change === 'keep' && resource.kind !== 'gate';
  const staying = plan.steps.filter(isStaying);
  // In the order of the run. A gate is no resource that is kept: the run waits for it if it changes anything
  const running = plan.steps.filter(
    step =>
      step.change !== 'conflict' &&
      !isStaying(step) &&
      (plan.changes || step.resource.kind !== 'gate'),
  );
  return (
    <div className={styles.plan}>
      <p role="status" className={styles.summary}>
        {summaryOf(plan, t)}
      </p>
      {isUsed && (
        <p className={styles.warning}>
          <RiAlertLine size={18} aria-hidden="true" />
          <span>{stillUsed(used, forceTitle, t)}</span>
        </p>
      )}
      {others.length > 0 && <PlanSteps steps={others} />}
      {plan.warnings.map(warning => (
        <p key={warning} className={styles.warning}>
          <RiAlertLine size={18} aria-hidden="true" />
          <span>{warning}</span>
        </p>
      ))}
      {/* What a refused run would have done only distracts from why it is refused */}
      {running.length > 0 && !plan.conflicts && <PlanSteps steps={running} />}
      {used.length > 0 && !isUsed && (
        <div>
          <p className={styles.subtitle}>{t('plan.workloads')}</p>
          <ul className={styles.workloads}>
            {used.map(({ kind, name, pods }) => (
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

/** Why what is used is not removed, and both ways on, in the words of the form. */
function stillUsed(
  used: NonNullable<Plan['affectedWorkloads']>,
  forceTitle: string | undefined,
  t: Translate,
): string {
  const workloads = used
    .map(({ kind, name, pods }) =>
      t('plan.usedBy', {
        workload: `${kind} ${name}`,
        pods: t('plan.pods', { count: pods }),
      }),
    )
    .join(', ');
  const sentence = t('plan.stillUsed', { count: used.length, workloads });
  const ways = forceTitle
    ? t('plan.stopOrForce', { count: used.length, box: forceTitle })
    : t('plan.stopFirst', { count: used.length });
  return `${sentence} ${ways}`;
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
