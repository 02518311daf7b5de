import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  RiAddCircleLine,
  RiAlertFill,
  RiCheckboxCircleFill,
  RiCheckLine,
  RiCircleLine,
  RiCloseCircleFill,
  RiInformationLine,
  RiLoader4Line,
  RiQuestionLine,
  RiRefreshLine,
  RiRestartLine,
  RiSubtractLine,
} from '@remixicon/react';
import type {
  CheckStatus,
  ShownStatus,
} from 'backstage-plugin-eks-pod-identity-common';
import { ReactElement } from 'react';
import { podIdentityTranslationRef } from '../../translation';
import styles from './StatusBadge.module.css';

/** `stale` is said beside a status, not in its place. */
type BadgeStatus = Exclude<ShownStatus, 'stale'>;

type Tone = 'success' | 'neutral' | 'warning' | 'danger' | 'info';

const RUNNING = {
  icon: <RiLoader4Line size={18} className={styles.spin} />,
  tone: 'info',
} as const;

const IDENTITY: Record<BadgeStatus, { icon: ReactElement; tone: Tone }> = {
  verified: { icon: <RiCheckboxCircleFill size={18} />, tone: 'success' },
  // Correct as far as it can be checked without a pod: hollow, never green, no tick
  consistent: { icon: <RiCircleLine size={18} />, tone: 'info' },
  'restart-needed': { icon: <RiRestartLine size={18} />, tone: 'warning' },
  degraded: { icon: <RiAlertFill size={18} />, tone: 'warning' },
  failed: { icon: <RiCloseCircleFill size={18} />, tone: 'danger' },
  inconclusive: { icon: <RiQuestionLine size={18} />, tone: 'neutral' },
  unverified: { icon: <RiAddCircleLine size={18} />, tone: 'neutral' },
  changed: { icon: <RiRefreshLine size={18} />, tone: 'info' },
  verifying: RUNNING,
  'setting-up': RUNNING,
  removing: RUNNING,
};

const CHECK: Record<CheckStatus, { icon: ReactElement; tone: Tone }> = {
  pass: { icon: <RiCheckLine size={16} />, tone: 'success' },
  note: { icon: <RiInformationLine size={16} />, tone: 'info' },
  warn: { icon: <RiAlertFill size={16} />, tone: 'warning' },
  fail: { icon: <RiCloseCircleFill size={16} />, tone: 'danger' },
  skip: { icon: <RiSubtractLine size={16} />, tone: 'neutral' },
  unknown: { icon: <RiQuestionLine size={16} />, tone: 'neutral' },
};

/** Icon and word of an identity’s status: never colour alone. */
export function StatusBadge({ status }: { status: BadgeStatus }) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const { icon, tone } = IDENTITY[status];
  return (
    <span
      className={styles.badge}
      data-tone={tone}
      title={t(`statusMeaning.${status}`)}
    >
      <span className={styles.icon} aria-hidden="true">
        {icon}
      </span>
      {t(`status.${status}`)}
    </span>
  );
}

/** Icon of an identity’s status, beside its word. */
export function StatusIcon({ status }: { status: BadgeStatus }) {
  const { icon, tone } = IDENTITY[status];
  return (
    <span className={styles.badge} data-tone={tone} aria-hidden="true">
      <span className={styles.icon}>{icon}</span>
    </span>
  );
}

/** Icon of a check’s status with its word for screen readers. */
export function CheckIcon({
  status,
  decorative = false,
}: {
  status: CheckStatus;
  /** True if the word is shown beside it. */
  decorative?: boolean;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const { icon, tone } = CHECK[status];
  return (
    <span className={styles.check} data-tone={tone}>
      <span className={styles.icon} aria-hidden="true">
        {icon}
      </span>
      {!decorative && (
        <span className={styles.hidden}>{t(`checkStatus.${status}`)}</span>
      )}
    </span>
  );
}
