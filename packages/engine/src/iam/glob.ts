/**
 * True when the whole text matches the pattern, in which `*` matches any text and, where `single` is set, `?` matches
 * one character. On a mismatch only the last star is extended, so the time is bounded by text length times pattern
 * length; a regular expression would try every division of the text between all stars.
 */
export function globMatches(
  pattern: string,
  text: string,
  { single = false } = {},
): boolean {
  let at = 0;
  let star = -1;
  let swallowed = 0;
  for (let i = 0; i < text.length; ) {
    const wanted = pattern[at];
    if (wanted === '*') {
      star = at;
      swallowed = i;
      at += 1;
    } else if (wanted === text[i] || (single && wanted === '?')) {
      at += 1;
      i += 1;
    } else if (star >= 0) {
      swallowed += 1;
      at = star + 1;
      i = swallowed;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
