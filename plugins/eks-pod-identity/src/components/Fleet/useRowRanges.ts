import { useState } from 'react';

/** Row numbers of pages, which a cursor alone does not reveal. */
class RowRanges<T> {
  readonly #beforeCursor = new Map<string, number>();
  readonly #beforeRows = new WeakMap<T[], number>();

  /** To be called for each page, in the order in which their cursors were received. */
  note(rows: T[], cursor: string | undefined, nextCursor: string | undefined) {
    if (!cursor) this.#beforeCursor.clear();
    const before = cursor ? this.#beforeCursor.get(cursor) ?? 0 : 0;
    this.#beforeRows.set(rows, before);
    if (nextCursor) this.#beforeCursor.set(nextCursor, before + rows.length);
  }

  of(rows: T[]) {
    const before = this.#beforeRows.get(rows) ?? 0;
    return { from: before + 1, to: before + rows.length };
  }
}

export function useRowRanges<T>() {
  const [ranges] = useState(() => new RowRanges<T>());
  return ranges;
}
