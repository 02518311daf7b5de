import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { ShownStatus } from 'backstage-plugin-eks-pod-identity-common';
import { useState } from 'react';
import { podIdentityTranslationRef } from '../../translation';
import { StatusBadge } from './StatusBadge';
import styles from './StatusBadge.module.css';

/** From good to bad, then what says neither. */
const ORDER: readonly Exclude<ShownStatus, 'stale'>[] = [
  'verified',
  'restart-needed',
  'degraded',
  'failed',
  'inconclusive',
  'changed',
  'consistent',
  'unverified',
  'verifying',
  'setting-up',
  'removing',
];

/** What each status means, folded. */
export function StatusLegend() {
  const { t } = useTranslationRef(podIdentityTranslationRef);
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
          <div>
            <dt>{t('status.stale')}</dt>
            <dd>{t('statusMeaning.stale')}</dd>
          </div>
        </dl>
      )}
    </details>
  );
}
