import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { useTable, type SortDescriptor } from '@backstage/ui';
import { useMemo, useState } from 'react';
import { toProblem, type Problem } from '../../hooks/problems';
import { podIdentityTranslationRef } from '../../translation';
import { useRowRanges } from './useRowRanges';

const PAGE_SIZES = [25, 50, 100];

/** What the API tells of a list, page by page. */
export interface ListPage<Item> {
  items: Item[];
  nextCursor?: string;
  totalItems: number;
}

/** What the address says of a list, beside its filters. */
interface Sorted {
  sort?: string;
  order?: 'asc' | 'desc';
}

/** Loads one page of what matches a query. */
export type LoadPage<Query, Page> = (
  query: Query & { cursor?: string; limit: number },
  options: { signal: AbortSignal },
) => Promise<Page>;

/** The rows of a list that match the filters, page by page, with problems. */
export function useRows<
  Query extends Sorted,
  Item,
  Page extends ListPage<Item>,
>(
  filters: Query,
  {
    load,
    idOf,
    defaultSort,
    onPage,
    onSort,
  }: {
    load: LoadPage<Query, Page>;
    idOf: (item: Page['items'][number]) => string;
    /** The column that the API sorts by unless it is asked for another. */
    defaultSort: string;
    onPage: () => void;
    onSort: (sort: SortDescriptor) => void;
  },
) {
  type Row = Page['items'][number] & { id: string };
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const [answer, setAnswer] = useState<{ page: Page; filters: Query }>();
  const [problem, setProblem] = useState<Problem>();
  const ranges = useRowRanges<Row>();
  // The address says it, and so do the filters; a new object each time would load the page again and again
  const sort = useMemo(
    (): SortDescriptor => ({
      column: filters.sort ?? defaultSort,
      direction: filters.order === 'desc' ? 'descending' : 'ascending',
    }),
    [filters, defaultSort],
  );
  const { tableProps, reload } = useTable<Row, Query>({
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
        const page = await load(
          { ...filters, cursor, limit: pageSize },
          { signal },
        );
        const data = page.items.map(item => ({ ...item, id: idOf(item) }));
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
