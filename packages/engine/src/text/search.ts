// What regular expressions do on long texts only in quadratic time, in linear time.

/** True if the words occur in this order, in any letter case, with anything between them. */
export function containsInOrder(text: string, ...words: string[]): boolean {
  const all = text.toLowerCase();
  let from = 0;
  return words.every(word => {
    const at = all.indexOf(word.toLowerCase(), from);
    from = at + word.length;
    return at >= 0;
  });
}

/** What stands between two words, the first of each. */
export function between(
  text: string,
  before: string,
  after: string,
): string | undefined {
  const start = text.indexOf(before);
  if (start < 0) return undefined;
  const end = text.indexOf(after, start + before.length);
  return end < 0 ? undefined : text.slice(start + before.length, end);
}

/** The text without these characters at its end. */
export function trimEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text[end - 1])) end -= 1;
  return text.slice(0, end);
}
