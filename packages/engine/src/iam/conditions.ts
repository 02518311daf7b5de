import {
  Answer,
  answerOf,
  everyOf,
  not,
  Operator,
  readOperator,
  someOf,
} from './conditionOperators';
import { asList } from './policyDocument';
import { fillIn } from './policyVariables';
import { Actual, actualOf, ConditionContext } from './requestKeys';

export { matchesPattern } from './conditionOperators';
export type { Answer } from './conditionOperators';
export { ABSENT } from './requestKeys';
export type { ConditionContext, KeyValue } from './requestKeys';

/** Result of evaluating a condition block. */
export interface ConditionFinding {
  answer: Answer;
  /** One sentence for each condition that fails or cannot be judged. */
  reasons: string[];
  /** The keys, lower case, of conditions that fail. */
  failed: string[];
  /** The keys, lower case, of conditions that cannot be judged. */
  undecided: string[];
  /** The keys, lower case, whose expected value is not documented and carries the answer. */
  assumed: string[];
}

export interface ConditionOptions {
  /** The context for policy variables; undefined in documents older than version 2012-10-17. Default: the request. */
  variables?: ConditionContext | 'none';
  /** The statement, with which its reasons begin. */
  name?: string;
  /** The answer that may rest on a value that is only likely; the other one is then unknown. Default: none. */
  lean?: 'yes' | 'no';
}

interface Condition {
  operator: string;
  key: string;
  expected: string[];
}

/** How one condition came out. */
interface Judgement {
  answer: Answer;
  /** What follows the condition in a sentence. */
  why?: string;
  /** What follows the name of the statement in a sentence, in place of the condition and `why`. */
  plainly?: string;
  assumed?: boolean;
}

/** Whether one value of the request fits one of the policy. */
function fitsOne(
  operator: Operator,
  expected: string,
  variables: ConditionContext | undefined,
  compare: () => Answer,
): Answer {
  const answer = compare();
  // AWS does not say whether the negation holds where a variable has no value.
  return operator.negated && fillIn(expected, variables) === 'matches-nothing'
    ? 'unknown'
    : answer;
}

/** Whether a value of the request fits the condition. */
function fits(
  operator: Operator,
  expected: readonly string[],
  variables: ConditionContext | undefined,
  compare: (expected: string) => Answer,
): Answer {
  const found = someOf(
    expected.map(one => fitsOne(operator, one, variables, () => compare(one))),
  );
  return operator.negated ? not(found) : found;
}

function judgeValues(
  operator: Operator,
  actual: readonly string[],
  expected: readonly string[],
  variables: ConditionContext | undefined,
): Answer {
  const each = actual.map(value =>
    fits(operator, expected, variables, one =>
      operator.comparison.value(one, value, variables),
    ),
  );
  if (operator.set === 'forallvalues') return everyOf(each);
  if (operator.set === 'foranyvalue') return someOf(each);
  // AWS does not say how it reads several values without a set operator, unless all of them agree.
  const all = everyOf(each);
  return all === someOf(each) ? all : 'unknown';
}

function judgeAbsent(operator: Operator): Answer {
  if (operator.set === 'forallvalues') return 'yes';
  // AWS: a missing key fails a condition, unless it is negated or says IfExists.
  return answerOf(operator.ifExists || (operator.negated && !operator.set));
}

function judgePartly(
  operator: Operator,
  actual: Extract<Actual, { kind: 'partly' }>,
  expected: readonly string[],
  variables: ConditionContext | undefined,
): Answer {
  const { partly } = operator.comparison;
  return fits(
    operator,
    expected,
    variables,
    one => partly?.(one, actual.partly, variables) ?? 'unknown',
  );
}

const hasVariable = (text: string) => text.includes('${');

/** The request is expected to have this value, and AWS does not promise it. */
function isLikely(actual: Actual): boolean {
  if (actual.kind === 'values') return actual.likely;
  return actual.kind === 'partly' && actual.partly.likely === true;
}

const quoted = (values: readonly string[]) =>
  values.map(value => JSON.stringify(value));

/** Operators, lower case, that read `*` and `?` as wildcards. */
const OF_PATTERNS = ['stringlike', 'arnlike', 'arnequals'];

/** Whether the expected values alone say why they do not fit. */
function isPlain({ operator, expected }: Condition): boolean {
  const name = operator.toLowerCase();
  const readsPatterns = OF_PATTERNS.some(one => name.includes(one));
  return (
    expected.length > 0 &&
    expected.every(
      one => !hasVariable(one) && (readsPatterns || !/[*?]/.test(one)),
    )
  );
}

function judgeNull(actual: Actual, expected: readonly string[]): Judgement {
  if (actual.kind === 'unknown') {
    return { answer: 'unknown', why: 'is not evaluated' };
  }
  const isNull = String(actual.kind === 'absent');
  return {
    answer: answerOf(expected.some(value => value.toLowerCase() === isNull)),
    why: 'fails',
    assumed: isLikely(actual),
  };
}

function judge(
  condition: Condition,
  context: ConditionContext,
  variables: ConditionContext | undefined,
): Judgement {
  const { operator: name, key, expected } = condition;
  const actual = actualOf(context, key);
  if (name.toLowerCase() === 'null') return judgeNull(actual, expected);
  const operator = readOperator(name);
  if (!operator || actual.kind === 'unknown') {
    return { answer: 'unknown', why: 'is not evaluated' };
  }
  if (actual.kind === 'absent') {
    const answer = judgeAbsent(operator);
    return { answer, why: `fails: the request has no ${key}` };
  }
  const answer =
    actual.kind === 'values'
      ? judgeValues(operator, actual.values, expected, variables)
      : judgePartly(operator, actual, expected, variables);
  if (answer === 'unknown') {
    return {
      answer,
      why: expected.some(hasVariable)
        ? 'holds a policy variable, which only AWS can fill in'
        : 'is not evaluated',
    };
  }
  const noun =
    operator.negated || !isPlain(condition)
      ? undefined
      : context.noun?.(key.toLowerCase());
  return {
    answer,
    ...(actual.kind === 'values'
      ? {
          why: `fails: it is ${quoted(actual.values).join(', ')}`,
          plainly:
            noun &&
            `allows ${noun} ${quoted(expected).join(' or ')}, not ${quoted(
              actual.values,
            ).join(', ')}`,
        }
      : {
          why: `fails: it begins with ${JSON.stringify(actual.partly.prefix)}`,
        }),
    assumed: isLikely(actual),
  };
}

function conditionsOf(block: object): Condition[] {
  return Object.entries(block).flatMap(([operator, keys]) =>
    Object.entries((keys ?? {}) as object).map(([key, values]) => ({
      operator,
      key,
      expected: asList(values).map(String),
    })),
  );
}

function show({ operator, key, expected }: Condition): string {
  return `${operator} ${key} = ${quoted(expected).join(' or ')}`;
}

/** All conditions of a block must hold. */
export function evaluateConditions(
  block: unknown,
  context: ConditionContext,
  { name, variables = context, lean }: ConditionOptions = {},
): ConditionFinding {
  const finding: ConditionFinding = {
    answer: 'yes',
    reasons: [],
    failed: [],
    undecided: [],
    assumed: [],
  };
  const of = name ? `${name}: ` : '';
  if (block === undefined || block === null) return finding;
  if (typeof block !== 'object' || Array.isArray(block)) {
    return {
      ...finding,
      answer: 'unknown',
      reasons: [`${of}the Condition is not an object`],
    };
  }
  const answers = conditionsOf(block).map(condition => {
    const key = condition.key.toLowerCase();
    let one = judge(
      condition,
      context,
      variables === 'none' ? undefined : variables,
    );
    if (one.assumed && one.answer !== lean) {
      one = {
        answer: 'unknown',
        why: 'is not evaluated, because AWS does not document its value',
      };
    }
    if (one.assumed) finding.assumed.push(key);
    if (one.answer === 'no') finding.failed.push(key);
    if (one.answer === 'unknown') finding.undecided.push(key);
    if (one.answer !== 'yes') {
      finding.reasons.push(
        name && one.plainly
          ? `${name} ${one.plainly}`
          : `${of}${show(condition)} ${one.why}`,
      );
    }
    return one.answer;
  });
  return { ...finding, answer: everyOf(answers) };
}
