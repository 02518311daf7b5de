import {
  RiAddCircleLine,
  RiAlertFill,
  RiCheckboxCircleFill,
  RiCheckLine,
  RiCircleLine,
  RiCloseCircleFill,
  RiDeleteBinLine,
  RiForbidFill,
  RiHistoryLine,
  RiHourglass2Line,
  RiInformationLine,
  RiKey2Fill,
  RiLinksLine,
  RiLoader4Line,
  RiProgress5Line,
  RiQuestionLine,
  RiRestartLine,
  RiStopFill,
  RiSubtractLine,
} from '@remixicon/react';
import type {
  CheckStatus,
  ShownStatus,
} from 'backstage-plugin-eks-pod-identity-common';
import { ReactElement } from 'react';
import { useTexts } from '../../hooks/useTexts';
import styles from './StatusBadge.module.css';

type Tone = 'success' | 'neutral' | 'warning' | 'danger' | 'info';

/** Each has an icon of its own shape: colours alone would not tell them apart. */
const IDENTITY: Record<ShownStatus, { icon: ReactElement; tone: Tone }> = {
  broken: { icon: <RiCloseCircleFill size={18} />, tone: 'danger' },
  'no-pod-has-it': { icon: <RiForbidFill size={18} />, tone: 'danger' },
  'other-identity': { icon: <RiKey2Fill size={18} />, tone: 'danger' },
  'pods-not-started': { icon: <RiStopFill size={18} />, tone: 'danger' },
  'restart-needed': { icon: <RiRestartLine size={18} />, tone: 'warning' },
  'partly-works': { icon: <RiAlertFill size={18} />, tone: 'warning' },
  'could-not-check': { icon: <RiQuestionLine size={18} />, tone: 'neutral' },
  'setting-up': { icon: <RiHourglass2Line size={18} />, tone: 'info' },
  'rolling-out': { icon: <RiProgress5Line size={18} />, tone: 'info' },
  // Nothing is wrong, and no pod has proven it: hollow, never green, no tick
  'looks-right': { icon: <RiCircleLine size={18} />, tone: 'info' },
  'no-workload': { icon: <RiSubtractLine size={18} />, tone: 'neutral' },
  'no-identity': { icon: <RiAddCircleLine size={18} />, tone: 'neutral' },
  'uses-irsa': { icon: <RiLinksLine size={18} />, tone: 'info' },
  verified: { icon: <RiCheckboxCircleFill size={18} />, tone: 'success' },
  verifying: {
    icon: <RiLoader4Line size={18} className={styles.spin} />,
    tone: 'info',
  },
  removing: { icon: <RiDeleteBinLine size={18} />, tone: 'info' },
  stale: { icon: <RiHistoryLine size={18} />, tone: 'warning' },
};

const CHECK: Record<CheckStatus, { icon: ReactElement; tone: Tone }> = {
  pass: { icon: <RiCheckLine size={16} />, tone: 'success' },
  note: { icon: <RiInformationLine size={16} />, tone: 'info' },
  warn: { icon: <RiAlertFill size={16} />, tone: 'warning' },
  fail: { icon: <RiCloseCircleFill size={16} />, tone: 'danger' },
  skip: { icon: <RiSubtractLine size={16} />, tone: 'neutral' },
  unknown: { icon: <RiQuestionLine size={16} />, tone: 'neutral' },
};

/** How alarming a status is. */
export const toneOf = (status: ShownStatus): Tone => IDENTITY[status].tone;

/** Icon and word of an identity’s status: never colour alone. */
export function StatusBadge({
  status,
  notes = 0,
}: {
  status: ShownStatus;
  /** Warnings that leave the status as it is. */
  notes?: number;
}) {
  const { t } = useTexts();
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
      {notes > 0 && (
        <span className={styles.notes}>
          {t('badge.notes', { count: notes })}
        </span>
      )}
    </span>
  );
}

/** Icon of an identity’s status, beside its word. */
export function StatusIcon({ status }: { status: ShownStatus }) {
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
  const { t } = useTexts();
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
