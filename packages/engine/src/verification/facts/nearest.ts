import { distance } from 'fastest-levenshtein';

/** Candidates close enough to the name to be a typo of it, closest first. */
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
