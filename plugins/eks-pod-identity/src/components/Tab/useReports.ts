import { useApi } from '@backstage/frontend-plugin-api';
import type {
  ReportSummary,
  ServiceAccountRef,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { useEffect, useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { Problem, toProblem } from '../../hooks/problems';

export interface ReportsState {
  runs: ReportSummary[];
  report?: VerificationReport;
  problem?: Problem;
  loading: boolean;
}

/** History of a ref and one of its reports, the newest where none is chosen. `turn` asks again. */
export function useReports(
  ref: ServiceAccountRef,
  chosenId: string | undefined,
  turn: number,
): ReportsState {
  const api = useApi(podIdentityApiRef);
  const { cluster, namespace, serviceAccount } = ref;
  const [state, setState] = useState<ReportsState>({ runs: [], loading: true });
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    (async () => {
      try {
        const { items } = await api.listReports(
          { cluster, namespace, serviceAccount },
          { limit: 20 },
          { signal },
        );
        const id = chosenId ?? items[0]?.id;
        const report = id ? await api.getReport(id, { signal }) : undefined;
        if (!signal.aborted) setState({ runs: items, report, loading: false });
      } catch (error) {
        if (!signal.aborted) {
          setState(previous => ({
            ...previous,
            problem: toProblem(error),
            loading: false,
          }));
        }
      }
    })();
    return () => controller.abort();
  }, [api, cluster, namespace, serviceAccount, chosenId, turn]);
  return state;
}
