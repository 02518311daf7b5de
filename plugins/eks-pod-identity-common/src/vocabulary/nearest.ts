import { distance } from 'fastest-levenshtein';

/** The known word closest to a mistyped one, if it is close enough to be a typo. @public */
export function nearest(word: string, known: string[]): string | undefined {
  const wanted = word.toLowerCase();
  const [best] = known
    .map(candidate => ({
      candidate,
      cost: distance(wanted, candidate.toLowerCase()),
    }))
    .sort((a, b) => a.cost - b.cost);
  return best && best.cost <= Math.max(2, Math.floor(word.length / 3))
    ? best.candidate
    : undefined;
}
