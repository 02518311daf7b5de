import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { useTable, type SortDescriptor } from '@backstage/ui';
import {
  stringifyServiceAccountRef,
  type AssociationPage,
  type AssociationQuery,
} from 'backstage-plugin-eks-pod-identity-common';
import { useMemo, useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { toProblem, type Problem } from '../../hooks/problems';
import { podIdentityTranslationRef } from '../../translation';
import type { Row } from './associationColumns';
import { useRowRanges } from './useRowRanges';

const PAGE_SIZES = [25, 50, 100];

/** The rows that match the filters, page by page, with counts and problems. */
export function useAssociations(
  filters: AssociationQuery,
  {
    onPage,
    onSort,
  }: { onPage: () => void; onSort: (sort: SortDescriptor) => void },
) {
  const api = useApi(podIdentityApiRef);
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const [answer, setAnswer] = useState<{
    page: AssociationPage;
    filters: AssociationQuery;
  }>();
  const [problem, setProblem] = useState<Problem>();
  const ranges = useRowRanges<Row>();
  // The address says it, and so do the filters; a new object each time would load the page again and again
  const sort = useMemo(
    (): SortDescriptor => ({
      column: filters.sort ?? 'status',
      direction: filters.order === 'desc' ? 'descending' : 'ascending',
    }),
    [filters],
  );
  const { tableProps, reload } = useTable<Row, AssociationQuery>({
    mode: 'cursor',
    filter: filters,
    sort,
    onSortChange: onSort,
    paginationOptions: {
      pageSize: PAGE_SIZES[0],
      pageSizeOptions: PAGE_SIZES.map(value => ({
        value,
        label: t('fleet.pageSize', { count: value }),
      })),
      onNextPage: onPage,
      onPreviousPage: onPage,
    },
    getData: async ({ cursor, pageSize, signal }) => {
      setProblem(undefined);
      try {
        const page = await api.listAssociations(
          { ...filters, cursor, limit: pageSize },
          { signal },
        );
        const data = page.items.map(item => ({
          ...item,
          id: `${stringifyServiceAccountRef(item.ref)}#${
            item.associationId ?? ''
          }`,
        }));
        if (!signal.aborted) {
          setAnswer({ page, filters });
          ranges.note(data, cursor, page.nextCursor);
        }
        return {
          data,
          nextCursor: page.nextCursor,
          totalCount: page.totalItems,
        };
      } catch (error) {
        if (!signal.aborted) setProblem(toProblem(error));
        throw error;
      }
    },
  });

  // Pressing a button does not always lead to another page, so the range is that of the rows
  const getLabel = ({ totalCount = 0 }: { totalCount?: number }) => {
    const { from, to } = ranges.of(tableProps.data ?? []);
    return t('fleet.range', {
      from: from.toLocaleString(),
      to: to.toLocaleString(),
      total: totalCount.toLocaleString(),
    });
  };
  return {
    page: answer?.page,
    /** True if the page belongs to these filters, not to the previous ones. */
    isAnswered: answer?.filters === filters && !tableProps.isStale,
    problem,
    tableProps: {
      ...tableProps,
      pagination: { ...tableProps.pagination, getLabel },
    },
    reload,
  };
}
