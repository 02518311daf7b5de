import { actualOf, ConditionContext } from './requestKeys';

/**
 * A policy value with its variables filled in; `matches-nothing` where the request has no value for one of them,
 * `unknown` where only AWS knows it.
 */
export type Filled = { text: string } | 'matches-nothing' | 'unknown';

const LITERAL: Record<string, string> = { '*': '\uE000', '?': '\uE001' };

/** The text with its `*` and `?` replaced by characters that no pattern gives a meaning. */
export function literal(text: string): string {
  return text.replace(/[*?]/g, character => LITERAL[character]);
}

function valueOf(inner: string, context: ConditionContext): Filled {
  if (['*', '?', '$'].includes(inner)) return { text: inner };
  const comma = inner.indexOf(',');
  const key = (comma < 0 ? inner : inner.slice(0, comma)).trim();
  const [, fallback] = /^'([^']*)'$/.exec(inner.slice(comma + 1).trim()) ?? [];
  if (!key || (comma >= 0 && fallback === undefined)) return 'unknown';
  const actual = actualOf(context, key);
  if (actual.kind === 'absent') {
    return fallback === undefined ? 'matches-nothing' : { text: fallback };
  }
  const sure =
    actual.kind === 'values' && actual.values.length === 1 && !actual.likely;
  return sure ? { text: actual.values[0] } : 'unknown';
}

/** A pattern in pieces: every second one stood in `${…}`. What is not closed is plain text. */
function piecesOf(pattern: string): string[] {
  const pieces: string[] = [];
  for (let from = 0; ; ) {
    const start = pattern.indexOf('${', from);
    const end = start < 0 ? -1 : pattern.indexOf('}', start);
    if (end < 0) return [...pieces, pattern.slice(from)];
    pieces.push(pattern.slice(from, start), pattern.slice(start + 2, end));
    from = end + 1;
  }
}

/**
 * Fills policy variables in: `${key}`, `${key, 'default'}` and the escapes `${*}`, `${?}`, `${$}`. A wildcard that comes
 * from a variable is a plain character. Without a context, as in documents older than version 2012-10-17, `${…}` is
 * plain text.
 */
export function fillIn(
  pattern: string,
  context: ConditionContext | undefined,
): Filled {
  if (!context || !pattern.includes('${')) return { text: pattern };
  const values: Filled[] = [];
  const pieces = piecesOf(pattern);
  const text = pieces
    .map((piece, index) => {
      if (index % 2 === 0) return piece;
      const value = valueOf(piece, context);
      values.push(value);
      return typeof value === 'string' ? '' : literal(value.text);
    })
    .join('');
  const broken = pieces
    .filter((_, index) => index % 2 === 0)
    .join('')
    .includes('${');
  // AWS does not say how it reads an unclosed variable.
  if (broken || values.includes('unknown')) return 'unknown';
  return values.includes('matches-nothing') ? 'matches-nothing' : { text };
}

/** The parts between colons; a colon inside of `${…}` belongs to the name of a key. */
export function splitAtColons(pattern: string): string[] {
  const parts = [''];
  for (const [index, piece] of piecesOf(pattern).entries()) {
    const [first, ...more] =
      index % 2 === 0 ? piece.split(':') : [`\${${piece}}`];
    parts[parts.length - 1] += first;
    parts.push(...more);
  }
  return parts;
}
