import { actualOf, ConditionContext } from './requestKeys';

/**
 * A policy value with its variables filled in; `matches-nothing` where the request has no value for one of them,
 * `unknown` where only AWS knows it.
 */
export type Filled = { text: string } | 'matches-nothing' | 'unknown';

const VARIABLE = /\$\{([^}]*)\}/g;

const LITERAL: Record<string, string> = { '*': '\uE000', '?': '\uE001' };

/** The text with its `*` and `?` replaced by characters that no pattern gives a meaning. */
export function literal(text: string): string {
  return text.replace(/[*?]/g, character => LITERAL[character]);
}

function valueOf(inner: string, context: ConditionContext): Filled {
  if (['*', '?', '$'].includes(inner)) return { text: inner };
  const [, key, fallback] =
    /^([^,]+?)\s*(?:,\s*'([^']*)')?$/.exec(inner.trim()) ?? [];
  if (!key) return 'unknown';
  const actual = actualOf(context, key);
  if (actual.kind === 'absent') {
    return fallback === undefined ? 'matches-nothing' : { text: fallback };
  }
  const sure =
    actual.kind === 'values' && actual.values.length === 1 && !actual.likely;
  return sure ? { text: actual.values[0] } : 'unknown';
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
  const text = pattern.replace(VARIABLE, (_whole, inner: string) => {
    const value = valueOf(inner, context);
    values.push(value);
    return typeof value === 'string' ? '' : literal(value.text);
  });
  const broken = pattern.replace(VARIABLE, '').includes('${');
  // AWS does not say how it reads an unclosed variable.
  if (broken || values.includes('unknown')) return 'unknown';
  return values.includes('matches-nothing') ? 'matches-nothing' : { text };
}

/** The parts between colons; a colon inside of `${…}` belongs to the name of a key. */
export function splitAtColons(pattern: string): string[] {
  const parts = [''];
  for (const [piece] of pattern.matchAll(/\$\{[^}]*\}|[^]/g)) {
    if (piece === ':') parts.push('');
    else parts[parts.length - 1] += piece;
  }
  return parts;
}
