import { useApi } from '@backstage/frontend-plugin-api';
import {
  requestProblemOf,
  stringifyServiceAccountRef,
  type PastRun,
  type ReportPage,
  type ServiceAccountRef,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { useCallback, useEffect, useRef, useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { toProblem, type Problem } from '../../hooks/problems';
import { useRequest } from '../../hooks/useRequest';

const RUNS_PER_PAGE = 20;

/** The runs before those that are listed. */
export interface OlderRuns {
  exist: boolean;
  load: () => void;
  /** Why the last attempt to load them failed. */
  problem?: Problem;
}

export interface ReportsState {
  /** Newest first. */
  runs: PastRun[];
  older: OlderRuns;
  report?: VerificationReport;
  /** The chosen report is no longer kept, or belongs to another identity. */
  gone: boolean;
  problem?: Problem;
  loading: boolean;
  reload: () => void;
}

/**
 * The history of a service account and one of its reports: the chosen one, else the newest.
 *
 * @param version - changes when a run may have written another report
 */
export function useReports(
  ref: ServiceAccountRef,
  chosenId: string | undefined,
  version: string | undefined,
): ReportsState {
  const api = useApi(podIdentityApiRef);
  const history = useRequest(
    stringifyServiceAccountRef(ref),
    signal => api.listReports(ref, { limit: RUNS_PER_PAGE }, { signal }),
    version,
  );
  const { runs, older } = useOlderRuns(ref, history.value);
  const id = chosenId ?? runs[0]?.id;
  const shown = useReport(ref, id, version);
  const { reload: reloadHistory } = history;
  const { reload: reloadReport } = shown;
  const reload = useCallback(() => {
    reloadHistory();
    reloadReport();
  }, [reloadHistory, reloadReport]);
  return {
    runs,
    older,
    report: shown.value === 'gone' ? undefined : shown.value,
    gone: shown.value === 'gone',
    problem: history.problem ?? shown.problem,
    loading: id ? !shown.value && !shown.problem : history.loading,
    reload,
  };
}

function useReport(
  ref: ServiceAccountRef,
  id: string | undefined,
  version: string | undefined,
) {
  const api = useApi(podIdentityApiRef);
  return useRequest(
    id,
    async (signal): Promise<VerificationReport | 'gone'> => {
      try {
        const report = await api.getReport(id!, { signal });
        // The address may name a report of another identity
        return stringifyServiceAccountRef(report.ref) ===
          stringifyServiceAccountRef(ref)
          ? report
          : 'gone';
      } catch (error) {
        if (requestProblemOf(error) === 'not-found') return 'gone';
        throw error;
      }
    },
    version,
  );
}

/** The first page with the older pages that were loaded after it; another first page starts over. */
function useOlderRuns(
  ref: ServiceAccountRef,
  first: ReportPage | undefined,
): { runs: PastRun[]; older: OlderRuns } {
  const api = useApi(podIdentityApiRef);
  const [state, setState] = useState<{
    first?: ReportPage;
    page?: ReportPage;
    problem?: Problem;
  }>({});
  const { page, problem } =
    state.first === first ? state : { page: undefined, problem: undefined };
  const shown = page ?? first;
  const request = useRef<AbortController>(undefined);
  useEffect(
    () => () => {
      request.current?.abort();
      request.current = undefined;
    },
    [first],
  );

  const load = async () => {
    if (request.current || !shown?.nextCursor) return;
    const controller = new AbortController();
    request.current = controller;
    setState({ first, page });
    try {
      const { items, nextCursor } = await api.listReports(
        ref,
        { limit: RUNS_PER_PAGE, cursor: shown.nextCursor },
        { signal: controller.signal },
      );
      if (controller.signal.aborted) return;
      setState({
        first,
        page: { items: [...shown.items, ...items], nextCursor },
      });
    } catch (error) {
      if (controller.signal.aborted) return;
      setState({ first, page, problem: toProblem(error) });
    }
    request.current = undefined;
  };
  return {
    runs: shown?.items ?? [],
    older: { exist: shown?.nextCursor !== undefined, load, problem },
  };
}
