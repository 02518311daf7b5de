/** Context of a request: condition key (lower case) → its value or values. */
export class RequestContext {
  readonly #values = new Map<string, string[]>();

  constructor(values: Record<string, string | string[] | undefined> = {}) {
    this.add(values);
  }

  /** Adds keys; an undefined value means the request lacks the key. */
  add(values: Record<string, string | string[] | undefined>): this {
    for (const [key, value] of Object.entries(values)) {
      if (value !== undefined) {
        this.#values.set(
          key.toLowerCase(),
          Array.isArray(value) ? value : [value],
        );
      }
    }
    return this;
  }

  /** The values of a key, or undefined when the request lacks it. Key names ignore case. */
  get(key: string): string[] | undefined {
    return this.#values.get(key.toLowerCase());
  }

  /** A copy with more keys. */
  with(values: Record<string, string | string[] | undefined>): RequestContext {
    const copy = new RequestContext();
    for (const [key, value] of this.#values) {
      copy.#values.set(key, value);
    }
    return copy.add(values);
  }
}

const escapeForRegExp = (text: string) =>
  text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** `${key}`, `${key, 'default'}` and the escapes `${*}`, `${?}`, `${$}`. */
const VARIABLE = /\$\{([^}]*)\}/g;

/**
 * Replaces each policy variable with `put` of its value.
 *
 * Returns undefined when a variable has no single value and no default: such a pattern matches nothing.
 */
function substitute(
  pattern: string,
  context: RequestContext | undefined,
  literal: (text: string) => string,
  value: (text: string) => string,
): string | undefined {
  if (!context || !pattern.includes('${')) {
    return literal(pattern);
  }
  let result = '';
  let position = 0;
  for (const found of pattern.matchAll(VARIABLE)) {
    result += literal(pattern.slice(position, found.index));
    position = found.index + found[0].length;
    const inner = found[1].trim();
    if (inner === '*' || inner === '?' || inner === '$') {
      result += value(inner);
      continue;
    }
    const [, key, fallback] =
      /^([^,]+?)\s*(?:,\s*'([^']*)')?$/.exec(inner) ?? [];
    const values = key ? context.get(key) : undefined;
    const known = values?.length === 1 ? values[0] : fallback;
    if (known === undefined) {
      return undefined;
    }
    result += value(known);
  }
  return result + literal(pattern.slice(position));
}

/** A policy value with its variables filled in and no wildcards. */
export function fillIn(
  text: string,
  context: RequestContext | undefined,
): string | undefined {
  const same = (part: string) => part;
  return substitute(text, context, same, same);
}

const wildcardSource = (pattern: string) =>
  escapeForRegExp(pattern).replace(/\\\*/g, '.*').replace(/\\\?/g, '.');

/**
 * Whether `text` matches `pattern` after its policy variables are filled in: `*` matches any run of characters and `?`
 * any single one. A wildcard character in a variable's value is literal.
 */
export function wildcardMatch(
  pattern: string,
  text: string,
  options: { context?: RequestContext; ignoreCase?: boolean } = {},
): boolean {
  if (pattern === '*') {
    return true;
  }
  const source = substitute(
    pattern,
    options.context,
    wildcardSource,
    escapeForRegExp,
  );
  if (source === undefined) {
    return false;
  }
  return new RegExp(`^${source}$`, options.ignoreCase ? 'is' : 's').test(text);
}

/** Splits an ARN into its six parts; the last keeps its own colons. Undefined when there are fewer. */
function arnParts(text: string): string[] | undefined {
  const parts: string[] = [];
  let rest = text;
  for (let i = 0; i < 5; i++) {
    // A colon inside `${…}` belongs to the name of a policy variable.
    const colon = /^(?:\$\{[^}]*\}|[^:])*?:/.exec(rest)?.[0].length;
    if (!colon) {
      return undefined;
    }
    parts.push(rest.slice(0, colon - 1));
    rest = rest.slice(colon);
  }
  return [...parts, rest];
}

/** Matches an ARN with a pattern part by part: a wildcard does not cross the first five colons. */
export function arnMatch(
  pattern: string,
  arn: string,
  context?: RequestContext,
): boolean {
  if (pattern === '*') {
    return true;
  }
  const patternParts = arnParts(pattern);
  const parts = arnParts(arn);
  return Boolean(
    patternParts &&
      parts &&
      patternParts.every((part, index) =>
        wildcardMatch(part, parts[index], { context }),
      ),
  );
}
