import { BlockList, isIP } from 'node:net';
import { globMatches } from './glob';
import { fillIn, literal, splitAtColons } from './policyVariables';
import { ConditionContext, PartlyKnown } from './requestKeys';

/** Answer to a yes-or-no question, which may be unknown. */
export type Answer = 'yes' | 'no' | 'unknown';

export const answerOf = (holds: boolean): Answer => (holds ? 'yes' : 'no');

/** Yes if one is, unknown if one may be. */
export function someOf(answers: readonly Answer[]): Answer {
  if (answers.includes('yes')) return 'yes';
  return answers.includes('unknown') ? 'unknown' : 'no';
}

/** No if one is, unknown if one may be. */
export function everyOf(answers: readonly Answer[]): Answer {
  if (answers.includes('no')) return 'no';
  return answers.includes('unknown') ? 'unknown' : 'yes';
}

/** The opposite, where there is one. */
export function not(answer: Answer): Answer {
  if (answer === 'unknown') return answer;
  return answer === 'yes' ? 'no' : 'yes';
}

/** `*` and `?` as in IAM; every other character is literal. */
export function matchesPattern(pattern: string, value: string): boolean {
  return globMatches(pattern, value, { single: true });
}

/** Whether one value of the policy fits one value of the request. */
interface Comparison {
  value(
    expected: string,
    actual: string,
    variables: ConditionContext | undefined,
  ): Answer;
  /** The same for a value of which a part is known. */
  partly?(
    expected: string,
    actual: PartlyKnown,
    variables: ConditionContext | undefined,
  ): Answer;
}

/** A comparison of texts, after variables are filled in. */
function ofTexts(
  fits: (expected: string, actual: string) => boolean,
  partly: (expected: string, actual: PartlyKnown) => Answer,
): Comparison {
  const filled = (
    expected: string,
    variables: ConditionContext | undefined,
    judge: (text: string) => Answer,
  ): Answer => {
    const value = fillIn(expected, variables);
    if (value === 'matches-nothing') return 'no';
    return value === 'unknown' ? value : judge(value.text);
  };
  return {
    value: (expected, actual, variables) =>
      filled(expected, variables, text =>
        answerOf(fits(text, literal(actual))),
      ),
    partly: (expected, actual, variables) =>
      variables && expected.toLowerCase() === actual.sameAs
        ? 'yes'
        : filled(expected, variables, text => partly(text, actual)),
  };
}

/** Whether a text without wildcards can be a value that begins like this. */
function spellsOut(text: string, { prefix, fresh }: PartlyKnown): Answer {
  return fresh || !text.startsWith(prefix) ? 'no' : 'unknown';
}

/** The same for a text with wildcards. */
function mayMatch(pattern: string, actual: PartlyKnown): Answer {
  const wild = pattern.search(/[*?]/);
  if (wild < 0) return spellsOut(pattern, actual);
  const head = pattern.slice(0, wild);
  const { prefix } = actual;
  if (!head.startsWith(prefix) && !prefix.startsWith(head)) return 'no';
  const takesAll = pattern === `${head}*` && prefix.startsWith(head);
  return takesAll ? 'yes' : 'unknown';
}

/** ARN conditions compare the six parts one by one, so that `*` does not cross a colon of the first five. */
function arnParts(text: string): string[] | undefined {
  const parts = splitAtColons(text);
  return parts.length < 6
    ? undefined
    : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

const arn: Comparison = {
  value(expected, actual, variables) {
    if (expected === '*') return 'yes';
    const patterns = arnParts(expected);
    const values = actual.split(':');
    if (!patterns || values.length < 6) return 'no';
    const parts = [...values.slice(0, 5), values.slice(5).join(':')];
    return everyOf(
      patterns.map((pattern, index) => {
        const filled = fillIn(pattern, variables);
        if (filled === 'matches-nothing') return 'no';
        if (filled === 'unknown') return filled;
        return answerOf(matchesPattern(filled.text, literal(parts[index])));
      }),
    );
  },
};

/** A comparison of values that are read first; what cannot be read is unknown, because AWS does not say. */
function read<T>(
  parse: (text: string) => T | undefined,
  fits: (actual: T, expected: T) => boolean,
): Comparison {
  return {
    value(expected, actual) {
      const [a, e] = [parse(actual), parse(expected)];
      return a === undefined || e === undefined
        ? 'unknown'
        : answerOf(fits(a, e));
    },
  };
}

function toNumber(text: string): number | undefined {
  return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** ISO 8601, or seconds since the epoch. */
function toMoment(text: string): number | undefined {
  const moment = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  return Number.isNaN(moment) ? undefined : moment;
}

function toBoolean(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  return ['true', 'false'].includes(lower) ? lower === 'true' : undefined;
}

interface Range {
  address: string;
  family: 'ipv4' | 'ipv6';
  prefix: number;
}

function toRange(text: string): Range | undefined {
  const [address, prefix, ...more] = text.split('/');
  const kind = isIP(address);
  if (!kind || more.length || !/^\d*$/.test(prefix ?? '')) return undefined;
  const most = kind === 4 ? 32 : 128;
  const bits = prefix ? Number(prefix) : most;
  return bits > most
    ? undefined
    : { address, family: kind === 4 ? 'ipv4' : 'ipv6', prefix: bits };
}

function inRange(actual: Range, expected: Range): boolean {
  if (actual.family !== expected.family) return false;
  const list = new BlockList();
  list.addSubnet(expected.address, expected.prefix, expected.family);
  return list.check(actual.address, actual.family);
}

/** `NumericLessThan` and its sisters. */
function ordered(
  name: string,
  parse: (text: string) => number | undefined,
): [string, Comparison][] {
  return [
    [`${name}equals`, read(parse, (a, e) => a === e)],
    [`${name}lessthan`, read(parse, (a, e) => a < e)],
    [`${name}lessthanequals`, read(parse, (a, e) => a <= e)],
    [`${name}greaterthan`, read(parse, (a, e) => a > e)],
    [`${name}greaterthanequals`, read(parse, (a, e) => a >= e)],
  ];
}

const COMPARISONS = new Map<string, Comparison>([
  [
    'stringequals',
    ofTexts((expected, actual) => literal(expected) === actual, spellsOut),
  ],
  [
    'stringequalsignorecase',
    ofTexts(
      (expected, actual) =>
        literal(expected).toLowerCase() === actual.toLowerCase(),
      (expected, { prefix, fresh }) =>
        spellsOut(expected.toLowerCase(), {
          prefix: prefix.toLowerCase(),
          fresh,
        }),
    ),
  ],
  ['stringlike', ofTexts(matchesPattern, mayMatch)],
  ['arnequals', arn],
  ['arnlike', arn],
  ['bool', read(toBoolean, (a, e) => a === e)],
  ['ipaddress', read(toRange, inRange)],
  ...ordered('numeric', toNumber),
  ...ordered('date', toMoment),
]);

/** Operators that are negated, by the lower-case name of their opposite. */
const NEGATED = new Map(
  [
    ['stringnotequals', 'stringequals'],
    ['stringnotequalsignorecase', 'stringequalsignorecase'],
    ['stringnotlike', 'stringlike'],
    ['arnnotequals', 'arnequals'],
    ['arnnotlike', 'arnlike'],
    ['notipaddress', 'ipaddress'],
    ['numericnotequals', 'numericequals'],
    ['datenotequals', 'dateequals'],
  ].map(([negated, plain]) => [negated, plain] as const),
);

/** An operator such as `ForAnyValue:StringNotLikeIfExists`, taken apart. */
export interface Operator {
  set?: 'forallvalues' | 'foranyvalue';
  comparison: Comparison;
  /** `StringNotLike` is the opposite of `StringLike`. */
  negated: boolean;
  ifExists: boolean;
}

/** Reads the name of an operator, whose letter case does not matter; undefined when it is none that is evaluated. */
export function readOperator(name: string): Operator | undefined {
  const [, set, whole, ifExists] =
    /^(?:(forallvalues|foranyvalue):)?([a-z]+?)(ifexists)?$/.exec(
      name.toLowerCase(),
    ) ?? [];
  if (!whole) return undefined;
  const plain = NEGATED.get(whole);
  const comparison = COMPARISONS.get(plain ?? whole);
  return (
    comparison && {
      set: set as Operator['set'],
      comparison,
      negated: plain !== undefined,
      ifExists: ifExists !== undefined,
    }
  );
}
