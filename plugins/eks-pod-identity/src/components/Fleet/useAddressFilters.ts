import { useCallback, useMemo } from 'react';
import { withValues } from '../../hooks/searchParams';
import { useAppSearchParams } from '../../olderBackstage';

export const PAGE_SIZES = [25, 50, 100];

/** The last page that an address can name: the rows before a page are read as well. */
const LAST_PAGE = 400;

/** The page of a list that the address names. */
export interface PageInAddress {
  /** From 1. */
  number: number;
  size: number;
  onChange: (
    to: { number: number; size?: number },
    options?: { replace?: boolean },
  ) => void;
}

/** In the address beside the filters: they leave the list as it is. */
const BESIDE = ['page', 'size', 'identity', 'report', 'by'];

function readPage(params: URLSearchParams) {
  const number = Number(params.get('page') ?? 1);
  const size = Number(params.get('size'));
  return {
    number:
      Number.isInteger(number) && number > 0 && number <= LAST_PAGE
        ? number
        : 1,
    size: PAGE_SIZES.includes(size) ? size : PAGE_SIZES[0],
  };
}

/** Filters and page are kept in the URL, so that a view can be shared and bookmarked, and is there again after a reload. */
export function useAddressFilters<
  Query extends { sort?: string; order?: string },
>(
  /** Without values that the API would refuse; the same function each time. */
  read: (params: URLSearchParams) => Query,
) {
  const [params, setParams] = useAppSearchParams();
  const filters = useMemo(() => read(params), [read, params]);
  const change = useCallback(
    (
      values: Record<string, string | undefined>,
      options?: { replace?: boolean },
    ) => {
      // Another list begins with its first page
      const isOther = Object.keys(values).some(key => !BESIDE.includes(key));
      setParams(
        previous =>
          withValues(
            previous,
            isOther ? { page: undefined, ...values } : values,
          ),
        options,
      );
    },
    [setParams],
  );
  const { sort: _, order: __, ...narrowing } = filters;
  const narrowed = Object.entries(narrowing);
  const page: PageInAddress = {
    ...readPage(params),
    onChange: ({ number, size }, options) =>
      change(
        {
          page: number > 1 ? String(number) : undefined,
          ...(size && {
            size: size === PAGE_SIZES[0] ? undefined : String(size),
          }),
        },
        options,
      ),
  };
  return {
    params,
    filters,
    page,
    change,
    clear: () =>
      change(Object.fromEntries(narrowed.map(([key]) => [key, undefined]))),
    isFiltered: narrowed.some(([, value]) => value !== undefined),
  };
}
