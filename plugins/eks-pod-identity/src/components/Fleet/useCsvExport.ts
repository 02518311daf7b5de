import { useCallback, useEffect, useRef, useState } from 'react';
import { sentenceOf } from '../../hooks/problems';
import type { ListPage, LoadPage } from './useRows';

/** The largest page of the API. */
const PAGE = 200;
/** Without it, spreadsheets do not recognise UTF-8. */
const BYTE_ORDER_MARK = '\ufeff';

export type CsvState =
  | { kind: 'idle' }
  | { kind: 'running'; rows: number; total?: number }
  | { kind: 'done'; rows: number }
  | { kind: 'failed'; rows: number; message: string };

/** A list that can be saved. */
export interface CsvSource<Query, Item> {
  load: LoadPage<Query, ListPage<Item>>;
  /** RFC 4180 text of the rows. */
  textOf: (items: Item[]) => string;
  /** Of the file, before the day. */
  name: string;
}

function save(text: string, name: string) {
  const url = URL.createObjectURL(
    new Blob([BYTE_ORDER_MARK, text], { type: 'text/csv;charset=utf-8' }),
  );
  const link = document.createElement('a');
  link.href = url;
  link.download = `${name}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}

/** Saves every row of the filter, page after page, as one file; never saves a partial file. */
export function useCsvExport<Query, Item>(
  filters: Query,
  source: CsvSource<Query, Item>,
) {
  const [state, setState] = useState<CsvState>({ kind: 'idle' });
  const controller = useRef<AbortController>(undefined);
  const latestSource = useRef(source);
  latestSource.current = source;

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
    const { load, textOf, name } = latestSource.current;
    const rows: Item[] = [];
    setState({ kind: 'running', rows: 0 });
    try {
      let cursor: string | undefined;
      do {
        const answer = await load(
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
      save(textOf(rows), `${name}-${new Date().toISOString().slice(0, 10)}`);
      setState({ kind: 'done', rows: rows.length });
    } catch (error) {
      if (signal.aborted) return;
      setState({
        kind: 'failed',
        rows: rows.length,
        message: sentenceOf(error),
      });
    }
  }, [filters]);

  return { state, start, cancel };
}
