/** Levenshtein distance with one row of memory. */
function distance(a: string, b: string): number {
  const row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row[0];
    row[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const above = row[j];
      row[j] = Math.min(
        row[j] + 1,
        row[j - 1] + 1,
        diagonal + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
      diagonal = above;
    }
  }
  return row[b.length];
}

/** Candidates whose name is near enough to be meant, nearest first. */
export function byDistance<T>(
  wanted: string,
  candidates: readonly T[],
  nameOf: (candidate: T) => string,
): T[] {
  const furthest = Math.max(3, Math.floor(wanted.length / 3));
  return candidates
    .map(candidate => ({
      candidate,
      far: distance(wanted, nameOf(candidate)),
    }))
    .filter(({ far }) => far <= furthest)
    .sort((a, b) => a.far - b.far)
    .map(({ candidate }) => candidate);
}
