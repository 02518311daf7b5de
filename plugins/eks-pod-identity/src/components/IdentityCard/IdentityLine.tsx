import type { Identity } from 'backstage-plugin-eks-pod-identity-common';
import { RiArrowDownSLine, RiArrowRightSLine } from '@remixicon/react';
import { ReactNode, useId } from 'react';
import { shownStatus } from '../headline';
import { useSentence } from '../OpenChange';
import { StatusBadge } from '../StatusBadge';
import styles from './IdentityCard.module.css';

/** One identity among several: a line that opens. */
export function IdentityLine({
  identity,
  open,
  onToggle,
  children,
}: {
  identity: Identity;
  open: boolean;
  onToggle: () => void;
  children: ReactNode;
}) {
  const id = useId();
  const sentence = useSentence(identity);
  const status = shownStatus(identity);
  return (
    <div className={styles.line}>
      <button
        type="button"
        className={styles.toggle}
        aria-expanded={open}
        aria-controls={id}
        onClick={onToggle}
      >
        {open ? (
          <RiArrowDownSLine size={16} aria-hidden="true" />
        ) : (
          <RiArrowRightSLine size={16} aria-hidden="true" />
        )}
        <span className={styles.lineBody}>
          <span className={styles.lineName}>
            {identity.ref.namespace}/{identity.ref.serviceAccount}
            <span className={styles.lineCluster}>{identity.clusterTitle}</span>
          </span>
          <StatusBadge status={status} notes={identity.notes} />
          {!open && status !== 'verified' && (
            <span className={styles.lineSentence}>{sentence}</span>
          )}
        </span>
      </button>
      <div id={id} hidden={!open} className={styles.linePanel}>
        {open && children}
      </div>
    </div>
  );
}
