import {
  ACCESS_VERDICT_ORDER,
  accessRoadSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import { useState } from 'react';
import { VerdictBadge } from '../AccessParts/VerdictBadge';
import badge from '../StatusBadge/StatusBadge.module.css';
import { useTexts } from '../../hooks/useTexts';

/** What each verdict and each road means, folded. */
export function VerdictLegend() {
  const { t } = useTexts();
  const [open, setOpen] = useState(false);
  return (
    <details
      className={badge.legend}
      onToggle={event => setOpen(event.currentTarget.open)}
    >
      <summary>{t('access.legend')}</summary>
      {open && (
        <>
          <dl>
            {ACCESS_VERDICT_ORDER.map(verdict => (
              <div key={verdict}>
                <dt>
                  <VerdictBadge verdict={verdict} />
                </dt>
                <dd>{t(`accessMeaning.${verdict}`)}</dd>
              </div>
            ))}
          </dl>
          <p>{t('access.roads')}</p>
          <dl>
            {accessRoadSchema.options.map(road => (
              <div key={road}>
                <dt>{t(`accessRoad.${road}`)}</dt>
                <dd>{t(`accessRoadMeaning.${road}`)}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </details>
  );
}
