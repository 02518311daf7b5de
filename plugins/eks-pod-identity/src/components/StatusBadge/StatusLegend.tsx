import {
  IDENTITY_STATUS_ORDER,
  type ShownStatus,
} from 'backstage-plugin-eks-pod-identity-common';
import { useState } from 'react';
import { useTexts } from '../../hooks/useTexts';
import { StatusBadge } from './StatusBadge';
import styles from './StatusBadge.module.css';

/** Worst first, as in every list, then what lies over a status. */
const ORDER: readonly ShownStatus[] = [
  ...IDENTITY_STATUS_ORDER,
  'verifying',
  'removing',
  'stale',
];

/** What each status means, folded. */
export function StatusLegend() {
  const { t } = useTexts();
  const [open, setOpen] = useState(false);
  return (
    <details
      className={styles.legend}
      onToggle={event => setOpen(event.currentTarget.open)}
    >
      <summary>{t('legend.title')}</summary>
      {open && (
        <dl>
          {ORDER.map(status => (
            <div key={status}>
              <dt>
                <StatusBadge status={status} />
              </dt>
              <dd>{t(`statusMeaning.${status}`)}</dd>
            </div>
          ))}
        </dl>
      )}
    </details>
  );
}
