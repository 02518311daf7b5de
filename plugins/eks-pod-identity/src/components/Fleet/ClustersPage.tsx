import { Button, Container, Select, Skeleton, Text } from '@backstage/ui';
import { RiServerLine } from '@remixicon/react';
import {
  IDENTITY_STATUS_ORDER,
  type ClusterOverview,
} from 'backstage-plugin-eks-pod-identity-common';
import { useState } from 'react';
import { withValues } from '../../hooks/searchParams';
import { useAppSearchParams } from '../../olderBackstage';
import { useTexts } from '../../hooks/useTexts';
import { Notice, ProblemNotice } from '../Notice';
import readable from '../readable.module.css';
import { SetupPage } from '../Setup';
import { StatusLegend } from '../StatusBadge';
import { ClusterMatrix } from './ClusterMatrix';
import styles from './Fleet.module.css';
import { useClusters } from './useClusters';
import { useSweepOrders } from './useSweepOrders';

type Order = 'worst' | 'name';

/** Clusters that need attention come first: unreadable, then by how many have the worst status; then by name. */
function compareWorst(a: ClusterOverview, b: ClusterOverview): number {
  const weight = (cluster: ClusterOverview) => [
    cluster.stale ? 1 : 0,
    ...IDENTITY_STATUS_ORDER.map(status => cluster.counts[status] ?? 0),
  ];
  const [left, right] = [weight(a), weight(b)];
  const differing = left.findIndex((value, index) => value !== right[index]);
  return differing === -1
    ? a.title.localeCompare(b.title)
    : right[differing] - left[differing];
}

/** Cluster × status, and how many nodes have the agent; or, where the address asks for it, the setup. @public */
export function ClustersPage() {
  const [params, setParams] = useAppSearchParams();
  const showSetup = (setup: string | undefined) =>
    setParams(previous => withValues(previous, { setup }));
  return params.has('setup') ? (
    <SetupPage onBack={() => showSetup(undefined)} />
  ) : (
    <ClusterList onSetup={() => showSetup('true')} />
  );
}

function ClusterList({ onSetup }: { onSetup: () => void }) {
  const { t } = useTexts();
  const { value: clusters, problem, reload } = useClusters();
  const [order, setOrder] = useState<Order>('worst');
  const sweepOf = useSweepOrders(clusters, reload);
  return (
    <Container>
      <div className={`${styles.page} ${readable.readable}`}>
        {problem && (
          <ProblemNotice problem={problem} what="fleet" onRetry={reload} />
        )}
        {!problem && !clusters && (
          <div
            role="status"
            aria-label={t('fleet.loadingClusters')}
            className={styles.skeleton}
          >
            {Array.from({ length: 4 }, (_, index) => (
              <Skeleton key={index} width="100%" height={64} />
            ))}
          </div>
        )}
        {clusters?.length === 0 && (
          <Notice
            icon={<RiServerLine />}
            title={t('fleet.noClusters')}
            description={t('fleet.noClustersFix')}
          />
        )}
        {clusters && clusters.length > 0 && (
          <>
            <div className={styles.bar}>
              <Text as="p" color="secondary">
                {t('fleet.clusterCount', { count: clusters.length })}
              </Text>
              <span className={styles.choices}>
                {clusters.some(({ can }) => can.setup) && (
                  <Button size="small" variant="secondary" onPress={onSetup}>
                    {t('setup.title')}
                  </Button>
                )}
                <Select
                  aria-label={t('fleet.order')}
                  size="small"
                  className={styles.order}
                  options={[
                    { value: 'worst', label: t('fleet.worstFirst') },
                    { value: 'name', label: t('fleet.byName') },
                  ]}
                  value={order}
                  onChange={value => setOrder(value as Order)}
                />
              </span>
            </div>
            <StatusLegend />
            <ClusterMatrix
              sweepOf={sweepOf}
              clusters={[...clusters].sort(
                order === 'worst'
                  ? compareWorst
                  : (a, b) => a.title.localeCompare(b.title),
              )}
            />
          </>
        )}
      </div>
    </Container>
  );
}
