import type { SortDescriptor } from '@backstage/ui';
import { useEffect, useRef, useState } from 'react';
import { toProblem, type Problem } from '../../hooks/problems';
import { useTexts } from '../../hooks/useTexts';
import { PAGE_SIZES, type PageInAddress } from './useAddressFilters';

/** Milliseconds that a change of the filters waits for the next letter. */
const SETTLE_MS = 200;

/** Most rows that the API gives at once. */
const MOST_ROWS = 200;

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

/** Where a page starts: after a cursor, and so many rows. */
interface Start {
  cursor?: string;
  before: number;
}

/** Starts of the pages of one list, by their numbers. */
interface Starts {
  of: string;
  known: Map<number, Start>;
}

interface Answer<Page, Row> {
  /** The filters that it answers. */
  key: string;
  page: Page;
  rows: Row[];
  before: number;
}

/**
 * The rows of a list that match the filters, one page of them, with problems. The address has the number of the page,
 * so that it is there again after a reload; the API knows cursors alone, so what is before it is then read over.
 */
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
    page: { number, size, onChange },
    onPage,
    onSort,
  }: {
    load: LoadPage<Query, Page>;
    idOf: (item: Page['items'][number]) => string;
    /** The column that the API sorts by unless it is asked for another. */
    defaultSort: string;
    page: PageInAddress;
    /** Another page is chosen. */
    onPage: () => void;
    onSort: (sort: SortDescriptor) => void;
  },
) {
  type Row = Page['items'][number] & { id: string };
  const { t } = useTexts();
  const [answer, setAnswer] = useState<Answer<Page, Row>>();
  const [problem, setProblem] = useState<Problem>();
  const [isLoading, setIsLoading] = useState(true);
  const [attempt, setAttempt] = useState(0);
  const key = JSON.stringify([filters, size]);
  const starts = useRef<Starts>({ of: key, known: new Map() });
  const latest = useRef({ filters, load, idOf, onChange });
  latest.current = { filters, load, idOf, onChange };

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const isOther = starts.current.of !== key;
    if (isOther) starts.current = { of: key, known: new Map() };
    const { known } = starts.current;
    const read = (cursor: string | undefined, limit: number) =>
      latest.current.load(
        { ...latest.current.filters, cursor, limit },
        { signal },
      );

    /** Undefined where the list ends before. */
    async function startOf(): Promise<Start | undefined> {
      if (number === 1) return { before: 0 };
      let start: Start = known.get(number) ?? { before: 0 };
      const wanted = (number - 1) * size;
      while (!known.has(number) && start.before < wanted) {
        const { items, nextCursor } = await read(
          start.cursor,
          Math.min(wanted - start.before, MOST_ROWS),
        );
        if (!nextCursor) return undefined;
        start = { cursor: nextCursor, before: start.before + items.length };
      }
      return start;
    }

    async function show() {
      const start = await startOf();
      if (signal.aborted) return;
      if (!start) {
        latest.current.onChange({ number: 1 }, { replace: true });
        return;
      }
      const { before, cursor } = start;
      const page = await read(cursor, size);
      if (signal.aborted) return;
      const rows = page.items.map(
        (item): Row => ({ ...item, id: latest.current.idOf(item) }),
      );
      known.set(number, start);
      if (page.nextCursor) {
        known.set(number + 1, {
          cursor: page.nextCursor,
          before: before + rows.length,
        });
      }
      setAnswer({ key, page, rows, before });
      setIsLoading(false);
    }

    setIsLoading(true);
    setProblem(undefined);
    const run = () =>
      show().catch(error => {
        if (signal.aborted) return;
        setProblem(toProblem(error));
        setIsLoading(false);
      });
    const timer = isOther ? setTimeout(run, SETTLE_MS) : undefined;
    if (!isOther) run();
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [key, number, size, attempt]);

  const turn = (to: number) => () => {
    onChange({ number: to });
    onPage();
  };
  const { rows, page, before = 0 } = answer ?? {};
  return {
    page,
    /** True if the page belongs to these filters, not to the previous ones. */
    isAnswered: answer?.key === key && !isLoading,
    problem,
    tableProps: {
      data: rows,
      isPending: isLoading && !rows,
      isStale: isLoading && rows !== undefined,
      sort: {
        descriptor: {
          column: filters.sort ?? defaultSort,
          direction: filters.order === 'desc' ? 'descending' : 'ascending',
        } as SortDescriptor,
        onSortChange: onSort,
      },
      pagination: {
        type: 'page' as const,
        pageSize: size,
        pageSizeOptions: PAGE_SIZES.map(value => ({
          value,
          label: t('fleet.pageSize', { count: value }),
        })),
        totalCount: page?.totalItems,
        hasNextPage: page?.nextCursor !== undefined,
        hasPreviousPage: number > 1,
        onNextPage: turn(number + 1),
        onPreviousPage: turn(number - 1),
        onPageSizeChange: (chosen: number) =>
          onChange({ number: 1, size: chosen }),
        // Pressing a button does not always lead to another page, so the range is that of the rows
        getLabel: ({ totalCount = 0 }: { totalCount?: number }) =>
          t('fleet.range', {
            from: (before + 1).toLocaleString(),
            to: (before + (rows?.length ?? 0)).toLocaleString(),
            total: totalCount.toLocaleString(),
          }),
      },
    },
    reload: () => setAttempt(made => made + 1),
  };
}
