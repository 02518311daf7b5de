import { useApi } from '@backstage/frontend-plugin-api';
import type {
  AssociationQuery,
  AssociationRow,
} from 'backstage-plugin-eks-pod-identity-common';
import { useCallback, useEffect, useRef, useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { sentenceOf } from '../../hooks/problems';
import { associationsCsv } from './csv';

/** The largest page of the API. */
const PAGE = 200;
/** Without it, spreadsheets do not recognise UTF-8. */
const BYTE_ORDER_MARK = '\ufeff';

export type CsvState =
  | { kind: 'idle' }
  | { kind: 'running'; rows: number; total?: number }
  | { kind: 'done'; rows: number }
  | { kind: 'failed'; rows: number; message: string };

function save(text: string, day: string) {
  const url = URL.createObjectURL(
    new Blob([BYTE_ORDER_MARK, text], { type: 'text/csv;charset=utf-8' }),
  );
  const link = document.createElement('a');
  link.href = url;
  link.download = `aws-identities-${day}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}

/** Saves every row of the filter, page after page, as one file; never saves a partial file. */
export function useCsvExport(filters: AssociationQuery) {
  const api = useApi(podIdentityApiRef);
  const [state, setState] = useState<CsvState>({ kind: 'idle' });
  const controller = useRef<AbortController>();

  const cancel = useCallback(() => {
    controller.current?.abort();
    setState({ kind: 'idle' });
  }, []);
  // The state belongs to one filter
  useEffect(() => cancel, [cancel, filters]);

  const start = useCallback(async () => {
    controller.current?.abort();
    const mine = new AbortController();
    controller.current = mine;
    const { signal } = mine;
    const rows: AssociationRow[] = [];
    setState({ kind: 'running', rows: 0 });
    try {
      let cursor: string | undefined;
      do {
        const answer = await api.listAssociations(
          { ...filters, cursor, limit: PAGE },
          { signal },
        );
        if (signal.aborted) return;
        rows.push(...answer.items);
        cursor = answer.nextCursor;
        setState({
          kind: 'running',
          rows: rows.length,
          total: answer.totalItems,
        });
      } while (cursor);
      save(associationsCsv(rows), new Date().toISOString().slice(0, 10));
      setState({ kind: 'done', rows: rows.length });
    } catch (error) {
      if (signal.aborted) return;
      setState({
        kind: 'failed',
        rows: rows.length,
        message: sentenceOf(error),
      });
    }
  }, [api, filters]);

  return { state, start, cancel };
}
