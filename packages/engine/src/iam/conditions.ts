import { globMatches } from './glob';
import { asList } from './policyDocument';

/** Answer to a yes-or-no question, which may be unknown. */
export type Answer = 'yes' | 'no' | 'unknown';

/**
 * Condition keys of a request, lower case. A string is the value that AWS sends, `absent` means that AWS sends none;
 * a key that is not listed cannot be judged.
 */
export type ConditionContext = ReadonlyMap<string, string | typeof ABSENT>;

/** The request has no such key. */
export const ABSENT: unique symbol = Symbol('absent');

/** Result of evaluating a condition block. */
export interface ConditionFinding {
  answer: Answer;
  /** One sentence for each condition that fails or cannot be judged. */
  reasons: string[];
}

/** `*` and `?` as in IAM; every other character is literal. */
export function matchesPattern(pattern: string, value: string): boolean {
  return globMatches(pattern, value, { single: true });
}

/** ARN conditions compare the six parts one by one, so that `*` does not cross a colon of the first five. */
function matchesArn(pattern: string, value: string): boolean {
  const split = (arn: string) => {
    const parts = arn.split(':');
    return parts.length < 6
      ? undefined
      : [...parts.slice(0, 5), parts.slice(5).join(':')];
  };
  const patterns = split(pattern);
  const values = split(value);
  if (!patterns || !values) return pattern === '*';
  return patterns.every((part, i) => matchesPattern(part, values[i]));
}

type Comparison = (pattern: string, value: string) => boolean;

const COMPARISONS = new Map<string, Comparison>([
  ['stringequals', (pattern, value) => pattern === value],
  [
    'stringequalsignorecase',
    (pattern, value) => pattern.toLowerCase() === value.toLowerCase(),
  ],
  ['stringlike', matchesPattern],
  ['arnequals', matchesArn],
  ['arnlike', matchesArn],
]);

/** Without negation: `StringNotLike` is the inverse of `StringLike`. */
function readOperator(
  operator: string,
): { compare: Comparison; negated: boolean; ifExists: boolean } | undefined {
  let name = operator.toLowerCase();
  const ifExists = name.endsWith('ifexists');
  if (ifExists) name = name.slice(0, -'ifexists'.length);
  const plain = name.replace(/^(string|arn)not/, '$1');
  const compare = COMPARISONS.get(plain);
  return compare && { compare, negated: plain !== name, ifExists };
}

/** `${aws:PrincipalTag/x}` is filled in by AWS. The escapes, such as `${*}`, are too rare to be evaluated here. */
function hasVariable(value: string): boolean {
  return value.includes('${');
}

function evaluateNull(
  key: string,
  expected: unknown[],
  context: ConditionContext,
): Answer {
  const actual = context.get(key.toLowerCase());
  if (actual === undefined) return 'unknown';
  const isNull = actual === ABSENT;
  const matches = expected.some(
    value => String(value).toLowerCase() === String(isNull),
  );
  return matches ? 'yes' : 'no';
}

/** Why a condition does not surely hold; undefined where it does. */
function evaluateOne(
  operator: string,
  key: string,
  expected: unknown[],
  context: ConditionContext,
): { answer: 'no' | 'unknown'; reason: string } | undefined {
  const shown = `${operator} ${key} = ${expected
    .map(value => JSON.stringify(value))
    .join(' or ')}`;
  if (operator.toLowerCase() === 'null') {
    const answer = evaluateNull(key, expected, context);
    if (answer === 'yes') return undefined;
    return answer === 'no'
      ? { answer, reason: `${shown} fails` }
      : { answer, reason: `${shown} is not evaluated` };
  }
  const known = readOperator(operator);
  const actual = context.get(key.toLowerCase());
  if (!known || actual === undefined) {
    return { answer: 'unknown', reason: `${shown} is not evaluated` };
  }
  if (actual === ABSENT) {
    // AWS: a missing key fails a condition, unless it is negated or says IfExists.
    return known.negated || known.ifExists
      ? undefined
      : { answer: 'no', reason: `${shown} fails: the request has no ${key}` };
  }
  const values = expected.map(String);
  const matched = values.some(
    value => !hasVariable(value) && known.compare(value, actual),
  );
  if (!matched && values.some(hasVariable)) {
    return {
      answer: 'unknown',
      reason: `${shown} holds a policy variable, which only AWS can fill in`,
    };
  }
  return matched === known.negated
    ? { answer: 'no', reason: `${shown} fails: it is "${actual}"` }
    : undefined;
}

/** All conditions of a block must hold. */
export function evaluateConditions(
  block: unknown,
  context: ConditionContext,
): ConditionFinding {
  if (block === undefined || block === null)
    return { answer: 'yes', reasons: [] };
  if (typeof block !== 'object' || Array.isArray(block)) {
    return { answer: 'unknown', reasons: ['the Condition is not an object'] };
  }
  let answer: Answer = 'yes';
  const reasons: string[] = [];
  for (const [operator, keys] of Object.entries(block as object)) {
    for (const [key, values] of Object.entries((keys ?? {}) as object)) {
      const one = evaluateOne(operator, key, asList(values), context);
      if (!one) continue;
      reasons.push(one.reason);
      if (one.answer === 'no') answer = 'no';
      else if (answer === 'yes') answer = 'unknown';
    }
  }
  return { answer, reasons };
}
