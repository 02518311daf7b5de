import { RiArrowDownSLine, RiArrowRightSLine } from '@remixicon/react';
import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import { useId, type ReactNode } from 'react';
import styles from './IdentityCard.module.css';

/** A service account and its cluster. */
export function AccountName({
  of: { ref, clusterTitle },
}: {
  of: { ref: ServiceAccountRef; clusterTitle: string };
}) {
  return (
    <span className={styles.lineName}>
      {ref.namespace}/{ref.serviceAccount}
      <span className={styles.lineCluster}>{clusterTitle}</span>
    </span>
  );
}

/** One service account among several: a line that opens. */
export function Line({
  account,
  badge,
  sentence,
  open,
  onToggle,
  children,
}: {
  account: { ref: ServiceAccountRef; clusterTitle: string };
  badge: ReactNode;
  /** Only said while it is closed. */
  sentence?: string;
  open: boolean;
  onToggle: () => void;
  children: ReactNode;
}) {
  const id = useId();
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
          <AccountName of={account} />
          {badge}
          {!open && sentence && (
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
