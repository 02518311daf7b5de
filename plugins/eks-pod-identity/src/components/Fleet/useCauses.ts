import { useApi } from '@backstage/frontend-plugin-api';
import {
  stringifyServiceAccountRef,
  type AssociationCause,
  type AssociationQuery,
  type AssociationRow,
} from 'backstage-plugin-eks-pod-identity-common';
import { useEffect, useRef, useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { toProblem, type Problem } from '../../hooks/problems';
import { useRequest } from '../../hooks/useRequest';

/** How many rows of one cause are loaded at once. */
const ROWS = 25;

/** How many associations have the same status for the same cause, of those that match the filters. */
export function useCauses(filters: AssociationQuery) {
  const api = useApi(podIdentityApiRef);
  return useRequest(JSON.stringify(filters), signal =>
    api.listCauses(filters, { signal }),
  );
}

export const idOf = ({ ref, associationId = '' }: AssociationRow) =>
  `${stringifyServiceAccountRef(ref)}#${associationId}`;

/** The associations of one cause, from when they are first asked for; more of them on request. */
export function useRowsOfCause(
  filters: AssociationQuery,
  { status, cause }: AssociationCause,
) {
  const api = useApi(podIdentityApiRef);
  const [rows, setRows] = useState<AssociationRow[]>([]);
  const [next, setNext] = useState<{ cursor?: string }>();
  const [problem, setProblem] = useState<Problem>();
  const [isLoading, setIsLoading] = useState(false);
  const controller = useRef<AbortController>(undefined);
  useEffect(() => () => controller.current?.abort(), []);
  const load = async () => {
    controller.current?.abort();
    const { signal } = (controller.current = new AbortController());
    setIsLoading(true);
    setProblem(undefined);
    try {
      const page = await api.listAssociations(
        {
          ...filters,
          status,
          cause,
          sort: 'serviceAccount',
          order: undefined,
          cursor: next?.cursor,
          limit: ROWS,
        },
        { signal },
      );
      if (signal.aborted) return;
      setRows(before => [...before, ...page.items]);
      setNext({ cursor: page.nextCursor });
    } catch (error) {
      if (signal.aborted) return;
      setProblem(toProblem(error));
    }
    setIsLoading(false);
  };
  return {
    rows,
    isLoading,
    problem,
    isLoaded: next !== undefined,
    hasMore: next?.cursor !== undefined,
    load,
  };
}
