/** A number with its noun, in the plural where there is not exactly one. */
export function countOf(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`;
  return `${count} ${
    noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`
  }`;
}
