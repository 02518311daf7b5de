import type { ShownStatus } from 'backstage-plugin-eks-pod-identity-common';
import { useTexts } from '../../hooks/useTexts';
import { StatusBadge } from './StatusBadge';
import styles from './StatusBadge.module.css';

/** An identity of several, as far as their badge tells of it. */
interface Several {
  status: ShownStatus;
  notes?: number;
  clusterTitle: string;
}

/** Of several identities, the worst first: where that is, and how the others are. Empty where there is but one. */
export function useOthers() {
  const { t } = useTexts();
  return ([worst, ...others]: Several[], hidden = 0): string => {
    if (others.length + hidden === 0) return '';
    const counts = new Map<ShownStatus, number>();
    for (const { status } of others) {
      counts.set(status, (counts.get(status) ?? 0) + 1);
    }
    const rest = [...counts].map(([one, count]) => {
      const status = t(`status.${one}`);
      return one === worst.status
        ? t('badge.more', { count, status })
        : t('badge.others', { count, status });
    });
    return [
      t('badge.on', { cluster: worst.clusterTitle }),
      ...rest,
      ...(hidden > 0 ? [t('badge.hidden', { count: hidden })] : []),
    ].join(' · ');
  };
}

/** The badge of the worst of an entity's identities, the worst first, with what there is besides. */
export function WorstBadge({
  identities,
  hidden,
}: {
  identities: Several[];
  /** How many the user is not allowed to see. */
  hidden?: number;
}) {
  const others = useOthers()(identities, hidden);
  const [{ status, notes }] = identities;
  return (
    <>
      <StatusBadge status={status} notes={notes} />
      {others && <span className={styles.others}> {others}</span>}
    </>
  );
}
