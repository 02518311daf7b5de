import { Link } from '@backstage/ui';
import {
  RiAddCircleLine,
  RiCheckLine,
  RiCloseCircleFill,
  RiDeleteBinLine,
  RiPencilLine,
  RiTimeLine,
} from '@remixicon/react';
import type {
  PlanChange,
  PlanStep,
} from 'backstage-plugin-eks-pod-identity-common';
import { ReactElement } from 'react';
import type { Translate } from '../../api/problems';
import { useTexts } from '../../hooks/useTexts';
import { PlanValues } from './PlanValues';
import styles from './PlanView.module.css';

const ICONS: Record<PlanChange, ReactElement> = {
  create: <RiAddCircleLine size={18} />,
  update: <RiPencilLine size={18} />,
  replace: <RiPencilLine size={18} />,
  delete: <RiDeleteBinLine size={18} />,
  keep: <RiCheckLine size={18} />,
  conflict: <RiCloseCircleFill size={18} />,
};

/** Steps of a plan, each with its icon, the change and the reason. */
export function PlanSteps({ steps }: { steps: PlanStep[] }) {
  return (
    <ul className={styles.steps}>
      {steps.map(step => (
        <Step key={step.id} step={step} />
      ))}
    </ul>
  );
}

function Step({ step }: { step: PlanStep }) {
  const { t } = useTexts();
  const { resource, change, reason } = step;
  const isGate = resource.kind === 'gate';
  const name = shortName(resource.name);
  return (
    <li className={styles.step} data-change={isGate ? 'gate' : change}>
      <span className={styles.icon} aria-hidden="true">
        {isGate ? <RiTimeLine size={18} /> : ICONS[change]}
      </span>
      <div className={styles.what}>
        <p className={styles.line}>
          <span className={styles.change}>{wordOf(step, t)}</span>{' '}
          {/* A workload's name begins with its kind */}
          {!isGate && resource.kind !== 'workload' && (
            <>{t(`resource.${resource.kind}`)} </>
          )}
          <span className={isGate ? undefined : styles.name}>
            {resource.consoleUrl && change !== 'create' ? (
              <Link
                href={resource.consoleUrl}
                target="_blank"
                aria-label={t('plan.openConsole', { name })}
              >
                {name}
              </Link>
            ) : (
              name
            )}
          </span>
          :
        </p>
        <p className={styles.reason}>{reason}</p>
        <PlanValues step={step} />
      </div>
    </li>
  );
}

/** The managed policy itself exists already; it is attached or detached. */
function wordOf({ resource, change }: PlanStep, t: Translate): string {
  if (resource.kind === 'gate') return t('change.wait');
  if (resource.kind === 'workload' && change === 'update') {
    return t('change.restart');
  }
  if (resource.kind === 'managed-policy') {
    if (change === 'create') return t('change.attach');
    if (change === 'delete') return t('change.detach');
  }
  return t(`change.${change}`);
}

/** The last part of an ARN; the rest only repeats the account and the kind. */
function shortName(name: string): string {
  return name.startsWith('arn:') ? name.slice(name.lastIndexOf('/') + 1) : name;
}
