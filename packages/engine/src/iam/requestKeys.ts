/** The request has no such key. */
export const ABSENT: unique symbol = Symbol('absent');

/** A key of which only a part is known before the request is made. */
export interface PartlyKnown {
  /** The beginning of its one value. */
  prefix: string;
  /** Each request has another value, so that no policy can spell it out. */
  fresh?: boolean;
  /** The policy variable, lower case, that has the same value in every request. */
  sameAs?: string;
  /** It is expected that the request has the key, not certain. */
  likely?: boolean;
}

/** A value that is expected and not documented. */
interface Likely {
  likely: string;
}

/**
 * What is known of a condition key of a request: its one value, its list of values, that the request lacks it, or only
 * a part.
 */
export type KeyValue =
  | string
  | readonly string[]
  | typeof ABSENT
  | PartlyKnown
  | Likely;

/** Condition keys of a request, lower case. A key that is not listed cannot be judged. */
export interface ConditionContext {
  get(key: string): KeyValue | undefined;
  /** What people call the value of a key, where they do. */
  noun?(key: string): string | undefined;
}

/** What a condition is compared with: surely these values, one that is partly known, or nothing. */
export type Actual =
  | { kind: 'values'; values: readonly string[]; likely: boolean }
  | { kind: 'partly'; partly: PartlyKnown }
  | { kind: 'absent' }
  | { kind: 'unknown' };

/** The values of a key; key names ignore case. */
export function actualOf(context: ConditionContext, key: string): Actual {
  const value = context.get(key.toLowerCase());
  if (value === undefined) return { kind: 'unknown' };
  if (value === ABSENT) return { kind: 'absent' };
  if (typeof value === 'string') {
    return { kind: 'values', values: [value], likely: false };
  }
  if ('prefix' in value) return { kind: 'partly', partly: value };
  if ('likely' in value) {
    return { kind: 'values', values: [value.likely], likely: true };
  }
  return { kind: 'values', values: value, likely: false };
}
