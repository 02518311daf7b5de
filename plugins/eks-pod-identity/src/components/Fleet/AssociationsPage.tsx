import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Container, Table, Text, useTable } from '@backstage/ui';
import { RiFilterOffLine, RiKeyLine } from '@remixicon/react';
import {
  stringifyServiceAccountRef,
  type AssociationPage,
  type AssociationQuery,
  type ClusterOverview,
} from 'backstage-plugin-eks-pod-identity-common';
import { useEffect, useRef, useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { toProblem, type Problem } from '../../hooks/problems';
import { podIdentityTranslationRef } from '../../translation';
import { Notice, ProblemNotice } from '../Notice';
import readable from '../readable.module.css';
import { useAssociationColumns, type Row } from './associationColumns';
import { CsvButton } from './CsvButton';
import { FilterBar } from './FilterBar';
import styles from './Fleet.module.css';
import { chosenChip, StatusChips } from './StatusChips';
import { useFilters } from './useFilters';

const PAGE_SIZES = [25, 50, 100];

/** The clusters to choose from; a convenience: the table itself tells what is wrong. */
function useClusters(): ClusterOverview[] {
  const api = useApi(podIdentityApiRef);
  const [clusters, setClusters] = useState<ClusterOverview[]>([]);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    api.listClusters({ signal }).then(
      items => {
        if (!signal.aborted) setClusters(items);
      },
      () => {
        if (!signal.aborted) setClusters([]);
      },
    );
    return () => controller.abort();
  }, [api]);
  return clusters;
}

/** Rows of the filter, page by page; counts and problems beside them. */
function useAssociations(filters: AssociationQuery, onPage: () => void) {
  const api = useApi(podIdentityApiRef);
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const [page, setPage] = useState<AssociationPage>();
  const [problem, setProblem] = useState<Problem>();
  const [pageIndex, setPageIndex] = useState(0);
  useEffect(() => setPageIndex(0), [filters]);
  const turnPage = (by: number) => {
    setPageIndex(index => Math.max(0, index + by));
    onPage();
  };
  const { tableProps, reload } = useTable<Row, AssociationQuery>({
    mode: 'cursor',
    filter: filters,
    paginationOptions: {
      pageSize: PAGE_SIZES[0],
      pageSizeOptions: PAGE_SIZES.map(value => ({
        value,
        label: t('fleet.pageSize', { count: value }),
      })),
      onPageSizeChange: () => setPageIndex(0),
      onNextPage: () => turnPage(1),
      onPreviousPage: () => turnPage(-1),
      getLabel: ({ pageSize, totalCount = 0 }) =>
        t('fleet.range', {
          from: (pageIndex * pageSize + 1).toLocaleString(),
          to: Math.min((pageIndex + 1) * pageSize, totalCount).toLocaleString(),
          total: totalCount.toLocaleString(),
        }),
    },
    getData: async ({ cursor, pageSize, signal }) => {
      setProblem(undefined);
      try {
        const answer = await api.listAssociations(
          { ...filters, cursor, limit: pageSize },
          { signal },
        );
        if (!signal.aborted) setPage(answer);
        return {
          data: answer.items.map(item => ({
            ...item,
            id: `${stringifyServiceAccountRef(item.ref)}#${
              item.associationId ?? ''
            }`,
          })),
          nextCursor: answer.nextCursor,
          totalCount: answer.totalItems,
        };
      } catch (error) {
        if (!signal.aborted) setProblem(toProblem(error));
        throw error;
      }
    },
  });
  return { page, problem, tableProps, reload };
}

/** Every association the reader may see; counts are the filters. @public */
export function AssociationsPage() {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const { filters, change, clear, isFiltered } = useFilters();
  const clusters = useClusters();
  const columns = useAssociationColumns();
  const top = useRef<HTMLDivElement>(null);
  const { page, problem, tableProps, reload } = useAssociations(filters, () =>
    top.current?.scrollIntoView?.({ block: 'start' }),
  );
  const explanation = {
    orphan: t('fleet.orphanWhy'),
    drift: t('fleet.driftWhy'),
  }[chosenChip(filters)];
  const isEmpty = page?.totalItems === 0;
  const clearButton = (
    <Button size="small" variant="tertiary" onPress={clear}>
      {t('fleet.clear')}
    </Button>
  );

  // A refusal holds for every filter
  const isRefused = problem && problem.kind !== 'error';
  // Nothing to look for, and nothing that could be hidden by a filter
  const isNew = isEmpty && !isFiltered && !problem;
  return (
    <Container>
      <div className={`${styles.page} ${readable.readable}`} ref={top}>
        {!isRefused && !isNew && (
          <>
            <FilterBar
              filters={filters}
              clusters={clusters}
              onChange={change}
            />
            <StatusChips page={page} filters={filters} onChange={change} />
            <div className={styles.bar}>
              <span className={styles.result}>
                <Text as="p" role="status" color="secondary">
                  {page && !problem
                    ? t('fleet.count', { count: page.totalItems })
                    : undefined}
                </Text>
                {isFiltered && clearButton}
              </span>
              <CsvButton filters={filters} isEmpty={!page || isEmpty} />
            </div>
            {explanation && (
              <Text as="p" variant="body-small" color="secondary">
                {explanation}
              </Text>
            )}
          </>
        )}
        {problem && (
          <ProblemNotice problem={problem} what="fleet" onRetry={reload} />
        )}
        {!problem && isEmpty && !tableProps.isStale && (
          <Notice
            icon={isFiltered ? <RiFilterOffLine /> : <RiKeyLine />}
            title={isFiltered ? t('fleet.noMatch') : t('fleet.nothing')}
            description={
              isFiltered ? t('fleet.noMatchFix') : t('fleet.nothingFix')
            }
            action={
              isFiltered && (
                <Button variant="secondary" onPress={clear}>
                  {t('fleet.clear')}
                </Button>
              )
            }
          />
        )}
        {!problem && !(isEmpty && !tableProps.isStale) && (
          <Table
            {...tableProps}
            columnConfig={columns}
            className={styles.table}
          />
        )}
      </div>
    </Container>
  );
}
