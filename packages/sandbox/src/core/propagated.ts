/**
 * A value whose changes others see only after a delay, like those of IAM.
 *
 * Plain data, so that a snapshot of the whole state is one `structuredClone`.
 */
export interface Propagated<T> {
  /** Oldest first. An `undefined` value is a deletion. */
  versions: { visibleAt: number; value: T | undefined }[];
}

/** A cell with `value`, visible to others from `visibleAt` on. */
export function propagated<T>(value: T, visibleAt: number): Propagated<T> {
  return { versions: [{ visibleAt, value }] };
}

/** The last written value, which the owning service itself returns. */
export function current<T>(cell: Propagated<T> | undefined): T | undefined {
  return cell?.versions[cell.versions.length - 1]?.value;
}

/** What other services see at `now`: the last written of the visible values. */
export function seenAt<T>(
  cell: Propagated<T> | undefined,
  now: number,
): T | undefined {
  if (!cell) {
    return undefined;
  }
  for (let i = cell.versions.length - 1; i >= 0; i--) {
    if (cell.versions[i].visibleAt <= now) {
      return cell.versions[i].value;
    }
  }
  return undefined;
}

/** Writes a new value (or `undefined` to delete) and drops versions that are no longer visible. */
export function write<T>(
  cell: Propagated<T>,
  value: T | undefined,
  times: { now: number; visibleAt: number },
): void {
  cell.versions.push({ visibleAt: times.visibleAt, value });
  let lastVisible = -1;
  cell.versions.forEach((version, index) => {
    if (version.visibleAt <= times.now) {
      lastVisible = index;
    }
  });
  if (lastVisible > 0) {
    cell.versions.splice(0, lastVisible);
  }
}

/** The current values of all cells that have one. */
export function currentValues<T>(cells: Iterable<Propagated<T>>): T[] {
  const values: T[] = [];
  for (const cell of cells) {
    const value = current(cell);
    if (value !== undefined) {
      values.push(value);
    }
  }
  return values;
}
