import { isIP } from 'node:net';
import { BlockList } from 'node:net';
import { ConditionElement, many } from './document';
import { RequestContext, arnMatch, fillIn, wildcardMatch } from './match';

type Test = (
  actual: string,
  expected: string,
  context: RequestContext | undefined,
) => boolean;

const filled =
  (test: (actual: string, expected: string) => boolean): Test =>
  (actual, expected, context) => {
    const value = fillIn(expected, context);
    return value !== undefined && test(actual, value);
  };

const numeric =
  (test: (actual: number, expected: number) => boolean): Test =>
  (actual, expected) => {
    const [a, b] = [Number(actual), Number(expected)];
    return !Number.isNaN(a) && !Number.isNaN(b) && test(a, b);
  };

/** ISO 8601 or seconds since the epoch. */
const moment = (text: string) =>
  /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);

const dated =
  (test: (actual: number, expected: number) => boolean): Test =>
  (actual, expected) => {
    const [a, b] = [moment(actual), moment(expected)];
    return !Number.isNaN(a) && !Number.isNaN(b) && test(a, b);
  };

const inRange: Test = (actual, expected) => {
  const [address, prefix] = expected.split('/');
  const family = isIP(address);
  if (family === 0 || isIP(actual) !== family) {
    return false;
  }
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(address, Number(prefix ?? (family === 4 ? 32 : 128)), type);
  return list.check(actual, type);
};

const arn: Test = (actual, expected, context) =>
  arnMatch(expected, actual, context);

const POSITIVE: Record<string, Test> = {
  StringEquals: filled((a, e) => a === e),
  StringEqualsIgnoreCase: filled((a, e) => a.toLowerCase() === e.toLowerCase()),
  StringLike: (a, e, context) => wildcardMatch(e, a, { context }),
  NumericEquals: numeric((a, e) => a === e),
  NumericLessThan: numeric((a, e) => a < e),
  NumericLessThanEquals: numeric((a, e) => a <= e),
  NumericGreaterThan: numeric((a, e) => a > e),
  NumericGreaterThanEquals: numeric((a, e) => a >= e),
  DateEquals: dated((a, e) => a === e),
  DateLessThan: dated((a, e) => a < e),
  DateLessThanEquals: dated((a, e) => a <= e),
  DateGreaterThan: dated((a, e) => a > e),
  DateGreaterThanEquals: dated((a, e) => a >= e),
  Bool: filled((a, e) => a.toLowerCase() === e.toLowerCase()),
  BinaryEquals: (a, e) => a === e,
  IpAddress: inRange,
  ArnEquals: arn,
  ArnLike: arn,
};

/** Negated operator → the operator it negates. */
const NEGATED: Record<string, string> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
  NotIpAddress: 'IpAddress',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
};

interface Operator {
  set?: 'ForAnyValue' | 'ForAllValues';
  test: Test;
  negated: boolean;
  ifExists: boolean;
}

const SETS = new Map<string | undefined, Operator['set']>([
  ['foranyvalue', 'ForAnyValue'],
  ['forallvalues', 'ForAllValues'],
]);

/** Documented names by their lower-case form: IAM takes operators in any letter case. */
const NAMES = new Map(
  [...Object.keys(POSITIVE), ...Object.keys(NEGATED)].map(name => [
    name.toLowerCase(),
    name,
  ]),
);

/** Parses an operator such as `ForAnyValue:StringLikeIfExists`; undefined when it is unknown. */
export function parseOperator(text: string): Operator | 'Null' | undefined {
  if (text.toLowerCase() === 'null') {
    return 'Null';
  }
  const parts = /^(?:(ForAnyValue|ForAllValues):)?([A-Z]+?)(IfExists)?$/i.exec(
    text,
  );
  const name = parts && NAMES.get(parts[2].toLowerCase());
  if (!name) {
    return undefined;
  }
  const negated = Object.hasOwn(NEGATED, name);
  const base = negated ? NEGATED[name] : name;
  return {
    set: SETS.get(parts[1]?.toLowerCase()),
    test: POSITIVE[base],
    negated,
    ifExists: parts[3] !== undefined,
  };
}

function keyMatches(
  operator: Operator,
  actual: string[] | undefined,
  expected: string[],
  context: RequestContext | undefined,
): boolean {
  const holds = (value: string) =>
    expected.some(e => operator.test(value, e, context)) !== operator.negated;
  if (operator.set === 'ForAllValues') {
    return (actual ?? []).every(holds);
  }
  if (actual === undefined) {
    return operator.ifExists || (operator.negated && !operator.set);
  }
  if (operator.set === 'ForAnyValue') {
    return actual.some(holds);
  }
  return operator.negated ? actual.every(holds) : actual.some(holds);
}

/**
 * Whether every condition of a statement holds.
 *
 * @param variables - the context for policy variables; undefined in documents older than version 2012-10-17, where
 * `${…}` is plain text
 */
export function conditionsMatch(
  condition: ConditionElement | undefined,
  context: RequestContext,
  variables: RequestContext | undefined,
): boolean {
  return Object.entries(condition ?? {}).every(([name, keys]) => {
    const operator = parseOperator(name);
    if (!operator) {
      return false;
    }
    return Object.entries(keys).every(([key, values]) => {
      const expected = many(values).map(String);
      const actual = context.get(key);
      if (operator === 'Null') {
        return expected.some(
          value => value.toLowerCase() === String(actual === undefined),
        );
      }
      return keyMatches(operator, actual, expected, variables);
    });
  });
}
