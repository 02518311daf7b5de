import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Cell,
  CellText,
  Container,
  Table,
  Text,
  useTable,
  type ColumnConfig,
} from '@backstage/ui';
import {
  IDENTITY_STATUS_ORDER,
  type ClusterOverview,
} from 'backstage-plugin-eks-pod-identity-common';
import { useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { toProblem, type Problem } from '../../hooks/problems';
import { podIdentityTranslationRef } from '../../translation';
import { ProblemState } from '../IdentityCard/states';
import { relativeTime } from '../IdentityCard/when';

/** Cluster × status, and how well the agent covers its nodes. @public */
export function ClustersPage() {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const api = useApi(podIdentityApiRef);
  const [problem, setProblem] = useState<Problem>();
  const { tableProps, reload } = useTable<ClusterOverview>({
    mode: 'complete',
    getData: async () => {
      try {
        const items = await api.listClusters();
        setProblem(undefined);
        return items;
      } catch (error) {
        setProblem(toProblem(error));
        throw error;
      }
    },
    paginationOptions: { type: 'none' },
  });

  const columns: ColumnConfig<ClusterOverview>[] = [
    {
      id: 'cluster',
      label: t('fleet.cluster'),
      isRowHeader: true,
      cell: cluster => (
        <CellText
          title={cluster.title}
          description={`${cluster.name} · ${cluster.region} · ${cluster.accountId}`}
        />
      ),
    },
    ...IDENTITY_STATUS_ORDER.map(
      (status): ColumnConfig<ClusterOverview> => ({
        id: status,
        label: t(`status.${status}`),
        cell: cluster => (
          <CellText
            title={String(cluster.counts[status] ?? 0)}
            href={
              cluster.counts[status]
                ? `associations?cluster=${encodeURIComponent(
                    cluster.id,
                  )}&status=${status}`
                : undefined
            }
          />
        ),
      }),
    ),
    {
      id: 'agent',
      label: t('fleet.agent'),
      cell: cluster => (
        <CellText
          title={cluster.agentVersion ?? '–'}
          description={
            cluster.agentCoverage &&
            t('fleet.agentCoverage', {
              ready: String(cluster.agentCoverage.ready),
              needed: String(cluster.agentCoverage.needed),
            })
          }
        />
      ),
    },
    {
      id: 'sweep',
      label: t('fleet.sweep'),
      cell: cluster =>
        cluster.stale ? (
          <Cell>
            <Text variant="body-small" color="warning">
              {t('problem.stale', {
                when: relativeTime(cluster.stale.since),
                reason: cluster.stale.reason,
              })}
            </Text>
          </Cell>
        ) : (
          <CellText
            title={
              cluster.lastSweepAt
                ? relativeTime(cluster.lastSweepAt)
                : t('card.never')
            }
          />
        ),
    },
  ];

  return (
    <Container>
      {problem ? (
        <ProblemState problem={problem} onRetry={reload} />
      ) : (
        <Table
          {...tableProps}
          columnConfig={columns}
          emptyState={<Text color="secondary">{t('fleet.noClusters')}</Text>}
        />
      )}
    </Container>
  );
}
