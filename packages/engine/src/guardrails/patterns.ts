import { globMatches } from '../iam/glob';

/** True when the whole text matches the pattern, in which `*` matches any text, `/` and `:` included. @public */
export function matchesPattern(pattern: string, text: string): boolean {
  return globMatches(pattern, text);
}

/** True for text that AWS would read as a pattern or a variable instead of one exact name. */
export function hasWildcard(text: string): boolean {
  return /[*?$]/.test(text);
}

/** The first pattern that matches; literal ones come before those with a wildcard. */
export function findPattern(
  patterns: readonly string[],
  text: string,
): string | undefined {
  return (
    patterns.find(pattern => pattern === text) ??
    patterns.find(pattern => matchesPattern(pattern, text))
  );
}

/**
 * True when some text matches both IAM patterns (`*` any text, `?` one character), letter case ignored: a wildcard
 * that can reach something forbidden counts as naming it.
 */
export function patternsMeet(left: string, right: string): boolean {
  const a = left.toLowerCase();
  const b = right.toLowerCase();
  // reach[j]: some text matches both a[0..i) and b[0..j).
  let reach = [true];
  for (let j = 1; j <= b.length; j++)
    reach[j] = reach[j - 1] && b[j - 1] === '*';
  for (let i = 1; i <= a.length; i++) {
    const x = a[i - 1];
    const next = [reach[0] && x === '*'];
    for (let j = 1; j <= b.length; j++) {
      const y = b[j - 1];
      if (x === '*' || y === '*') {
        // A star may end here or consume one character of the other side.
        next[j] = reach[j] || next[j - 1];
      } else {
        next[j] = reach[j - 1] && (x === y || x === '?' || y === '?');
      }
    }
    reach = next;
  }
  return reach[b.length];
}
