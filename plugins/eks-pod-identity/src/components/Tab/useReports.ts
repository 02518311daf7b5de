import { useApi } from '@backstage/frontend-plugin-api';
import {
  stringifyServiceAccountRef,
  type ReportSummary,
  type ServiceAccountRef,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import { useCallback, useEffect, useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { toProblem, type Problem } from '../../hooks/problems';

const RUNS_PER_PAGE = 20;

interface History {
  runs: ReportSummary[];
  nextCursor?: string;
  loading: boolean;
  problem?: Problem;
}

interface Shown {
  /** Of the report that was asked for. */
  id?: string;
  report?: VerificationReport;
  /** It was there once, or is of another identity; reports are kept for some time only. */
  gone?: boolean;
  problem?: Problem;
}

/** Of the runs before those that are listed. */
export interface OlderRuns {
  exist: boolean;
  load: () => void;
  /** Why the last try got none. */
  problem?: Problem;
}

export interface ReportsState {
  /** Newest first. */
  runs: ReportSummary[];
  older: OlderRuns;
  report?: VerificationReport;
  gone: boolean;
  problem?: Problem;
  loading: boolean;
}

/** History of a ref and one of its reports, the newest where none is chosen. Another `turn` asks again. */
export function useReports(
  ref: ServiceAccountRef,
  chosenId: string | undefined,
  turn: string,
): ReportsState {
  const api = useApi(podIdentityApiRef);
  const { cluster, namespace, serviceAccount } = ref;
  const [history, setHistory] = useState<History>({ runs: [], loading: true });
  const [shown, setShown] = useState<Shown>({});
  const [olderFrom, setOlderFrom] = useState<string>();
  const [olderProblem, setOlderProblem] = useState<Problem>();

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    setHistory(previous => ({ ...previous, loading: true }));
    api
      .listReports(
        { cluster, namespace, serviceAccount },
        { limit: RUNS_PER_PAGE },
        { signal },
      )
      .then(
        ({ items, nextCursor }) => {
          if (signal.aborted) return;
          setOlderFrom(undefined);
          setOlderProblem(undefined);
          setHistory({ runs: items, nextCursor, loading: false });
        },
        error => {
          if (signal.aborted) return;
          setHistory(previous => ({
            ...previous,
            loading: false,
            problem: toProblem(error),
          }));
        },
      );
    return () => controller.abort();
  }, [api, cluster, namespace, serviceAccount, turn]);

  useEffect(() => {
    if (!olderFrom) return undefined;
    const controller = new AbortController();
    const { signal } = controller;
    api
      .listReports(
        { cluster, namespace, serviceAccount },
        { limit: RUNS_PER_PAGE, cursor: olderFrom },
        { signal },
      )
      .then(
        ({ items, nextCursor }) => {
          if (signal.aborted) return;
          setHistory(previous => ({
            ...previous,
            nextCursor,
            runs: [...previous.runs, ...items],
          }));
        },
        // The button stays, and can be pressed again.
        error => {
          if (signal.aborted) return;
          setOlderFrom(undefined);
          setOlderProblem(toProblem(error));
        },
      );
    return () => controller.abort();
  }, [api, cluster, namespace, serviceAccount, olderFrom]);

  const id = chosenId ?? history.runs[0]?.id;
  useEffect(() => {
    if (!id) {
      setShown({});
      return undefined;
    }
    const controller = new AbortController();
    const { signal } = controller;
    api.getReport(id, { signal }).then(
      report => {
        if (signal.aborted) return;
        // An address may name the report of another identity.
        const isMine =
          stringifyServiceAccountRef(report.ref) ===
          stringifyServiceAccountRef({ cluster, namespace, serviceAccount });
        setShown(isMine ? { id, report } : { id, gone: true });
      },
      error => {
        if (signal.aborted) return;
        const problem = toProblem(error);
        setShown(
          // Of a report that is not found the API says the same as of an entity.
          problem.kind === 'unknown-entity'
            ? { id, gone: true }
            : { id, problem },
        );
      },
    );
    return () => controller.abort();
  }, [api, id, turn, cluster, namespace, serviceAccount]);

  const current = shown.id === id ? shown : {};
  return {
    runs: history.runs,
    older: {
      exist: history.nextCursor !== undefined,
      load: useCallback(() => {
        setOlderProblem(undefined);
        setOlderFrom(history.nextCursor);
      }, [history.nextCursor]),
      problem: olderProblem,
    },
    report: current.report,
    gone: current.gone ?? false,
    problem: history.problem ?? current.problem,
    loading: id
      ? !current.report && !current.gone && !current.problem
      : history.loading,
  };
}
