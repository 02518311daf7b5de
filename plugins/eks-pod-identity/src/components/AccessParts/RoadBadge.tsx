import { RiCloseCircleFill, RiKey2Line, RiLinksLine } from '@remixicon/react';
import type { AccessRow } from 'backstage-plugin-eks-pod-identity-common';
import badge from '../StatusBadge/StatusBadge.module.css';
import { useTexts } from '../../hooks/useTexts';

/** By what it gets to AWS; in the colour of a fault where it gets no credentials. */
export function RoadBadge({ row: { roads, verdict } }: { row: AccessRow }) {
  const { t } = useTexts();
  const [road] = roads;
  const isBroken = verdict === 'broken';
  const Icon = road === 'static-keys' ? RiKey2Line : RiLinksLine;
  return (
    <span
      className={badge.badge}
      data-tone={isBroken ? 'danger' : 'info'}
      title={t(`accessRoadMeaning.${road}`)}
    >
      <span className={badge.icon} aria-hidden="true">
        {isBroken ? <RiCloseCircleFill size={18} /> : <Icon size={18} />}
      </span>
      {t(`accessUses.${road}`)}
    </span>
  );
}
