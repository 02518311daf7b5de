import { useAppSearchParams } from '@backstage/frontend-plugin-api';
import { useCallback, useMemo } from 'react';
import { withValues } from '../../hooks/searchParams';

/** Filters are kept in the URL, so that a view can be shared and bookmarked. */
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
    ) => setParams(previous => withValues(previous, values), options),
    [setParams],
  );
  const { sort: _, order: __, ...narrowing } = filters;
  const narrowed = Object.entries(narrowing);
  return {
    params,
    filters,
    change,
    clear: () =>
      change(Object.fromEntries(narrowed.map(([key]) => [key, undefined]))),
    isFiltered: narrowed.some(([, value]) => value !== undefined),
  };
}
