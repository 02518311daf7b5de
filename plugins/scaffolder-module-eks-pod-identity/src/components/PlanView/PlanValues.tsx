import type { PlanStep } from 'backstage-plugin-eks-pod-identity-common';
import { useTexts } from '../../hooks/useTexts';
import styles from './PlanView.module.css';

/** Current and future values of a step; folded, since the reason says what matters. */
export function PlanValues({ step }: { step: PlanStep }) {
  const { t } = useTexts();
  const { before = {}, after = {} } = step;
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  if (keys.length === 0) return null;
  const unset = t('plan.unset');
  return (
    <details className={styles.values}>
      <summary>{t('plan.details')}</summary>
      <dl>
        {keys.map(key => (
          <div key={key}>
            <dt>{key}</dt>
            {step.before && (
              <dd>
                <del>
                  <Value value={before[key]} unset={unset} />
                </del>
              </dd>
            )}
            {step.after && (
              <dd>
                <Value value={after[key]} unset={unset} />
              </dd>
            )}
          </div>
        ))}
      </dl>
    </details>
  );
}

function Value({ value, unset }: { value: unknown; unset: string }) {
  if (value === undefined || value === null || value === '')
    return <>{unset}</>;
  if (typeof value !== 'object') return <>{String(value)}</>;
  return <pre>{JSON.stringify(value, null, 2)}</pre>;
}
