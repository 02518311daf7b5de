import {
  RiArrowRightCircleLine,
  RiAsterisk,
  RiCloseCircleFill,
  RiEraserLine,
  RiForbidFill,
  RiLock2Line,
  RiPriceTag3Line,
  RiPuzzleLine,
  RiQuestionLine,
  RiShareForwardLine,
  RiSubtractLine,
  RiUserSharedLine,
} from '@remixicon/react';
import type { AccessVerdict } from 'backstage-plugin-eks-pod-identity-common';
import type { ReactElement } from 'react';
import badge from '../StatusBadge/StatusBadge.module.css';
import { useTexts } from '../../hooks/useTexts';

/** Each has an icon of its own shape: colours alone would not tell them apart. None is green: no pod has proven anything. */
const LOOKS: Record<AccessVerdict, { icon: ReactElement; tone: string }> = {
  broken: { icon: <RiCloseCircleFill size={18} />, tone: 'danger' },
  blocked: { icon: <RiForbidFill size={18} />, tone: 'warning' },
  'left-over': { icon: <RiEraserLine size={18} />, tone: 'info' },
  unknown: { icon: <RiQuestionLine size={18} />, tone: 'neutral' },
  'not-allowed': { icon: <RiLock2Line size={18} />, tone: 'warning' },
  'needs-target': { icon: <RiShareForwardLine size={18} />, tone: 'info' },
  'by-rule': { icon: <RiAsterisk size={18} />, tone: 'info' },
  'add-on': { icon: <RiPuzzleLine size={18} />, tone: 'neutral' },
  'needs-owner': { icon: <RiUserSharedLine size={18} />, tone: 'info' },
  'ready-tags-off': { icon: <RiPriceTag3Line size={18} />, tone: 'info' },
  ready: { icon: <RiArrowRightCircleLine size={18} />, tone: 'info' },
  'no-move': { icon: <RiSubtractLine size={18} />, tone: 'neutral' },
};

/** Icon and word of a verdict; pointing at it tells what it means. */
export function VerdictBadge({ verdict }: { verdict: AccessVerdict }) {
  const { t } = useTexts();
  const { icon, tone } = LOOKS[verdict];
  return (
    <span
      className={badge.badge}
      data-tone={tone}
      title={t(`accessMeaning.${verdict}`)}
    >
      <span className={badge.icon} aria-hidden="true">
        {icon}
      </span>
      {t(`accessVerdict.${verdict}`)}
    </span>
  );
}

/** Icon of a verdict, beside its word. */
export function VerdictIcon({ verdict }: { verdict: AccessVerdict }) {
  const { icon, tone } = LOOKS[verdict];
  return (
    <span className={badge.badge} data-tone={tone} aria-hidden="true">
      <span className={badge.icon}>{icon}</span>
    </span>
  );
}
