import { globMatches } from './glob';
import {
  asList,
  type PolicyDocument,
  type PolicyStatement,
} from './policyDocument';

/** Whether some text matches both patterns, in which `*` is any text and `?` one character. */
function overlap(one: string, other: string): boolean {
  // Whether the first i characters of the one and the first j of the other can stand for the same text
  const can = Array.from({ length: one.length + 2 }, () =>
    Array<boolean>(other.length + 2).fill(false),
  );
  can[0][0] = true;
  for (let i = 0; i <= one.length; i += 1) {
    for (let j = 0; j <= other.length; j += 1) {
      if (!can[i][j]) continue;
      const pair = [one[i], other[j]];
      if (pair.includes('*')) {
        can[i + 1][j] = true;
        can[i][j + 1] = true;
      }
      if (pair[0] === pair[1] || pair.includes('?')) can[i + 1][j + 1] = true;
    }
  }
  return can[one.length][other.length];
}

/**
 * The five leading segments of an ARN by themselves, since a wildcard in one of them stays there. Source: IAM JSON policy
 * elements, "Resource": wildcards within the individual segments of an ARN.
 */
function overlapOfArns(one: string, other: string): boolean {
  const [a, b] = [one, other].map(arn => arn.split(':'));
  if (a.length < 6 || b.length < 6) return overlap(one, other);
  return (
    a.slice(0, 5).every((segment, index) => overlap(segment, b[index])) &&
    overlap(a.slice(5).join(':'), b.slice(5).join(':'))
  );
}

type Key = 'Action' | 'Resource';

/** Names of actions ignore case. */
const patternsOf = (value: unknown, key: Key): string[] =>
  asList(value).map(one =>
    key === 'Action' ? String(one).toLowerCase() : String(one),
  );

/** Whether one of the patterns may match something that the wanted pattern matches. */
const anyTouches = (value: unknown, key: Key, wanted: string) =>
  patternsOf(value, key).some(one =>
    // A policy variable is worth what the request says
    overlapOfArns(one.replace(/\$\{[^{}]*\}/g, '*'), wanted),
  );

/** Whether one of the patterns matches all that the wanted pattern matches: a `*` of the text is matched by a `*` alone. */
const anyCovers = (value: unknown, key: Key, wanted: string) =>
  patternsOf(value, key).some(one => globMatches(one, wanted));

const touches = (statement: PolicyStatement, key: Key, wanted: string) =>
  statement[`Not${key}`] === undefined
    ? anyTouches(statement[key], key, wanted)
    : !anyCovers(statement[`Not${key}`], key, wanted);

const covers = (statement: PolicyStatement, key: Key, wanted: string) =>
  statement[`Not${key}`] === undefined
    ? anyCovers(statement[key], key, wanted)
    : !anyTouches(statement[`Not${key}`], key, wanted);

/**
 * Whether a policy may allow something of what a pattern of actions, in lower case, and a pattern of resources match.
 * False is certain. True is not: of denials only one counts that has no condition and is about all that both match, and
 * of what allows, conditions do not count.
 */
export function allowsSome(
  { Statement }: PolicyDocument,
  action: string,
  resource: string,
): boolean {
  const some = (
    effect: 'Allow' | 'Deny',
    isAbout: typeof touches,
    more: (statement: PolicyStatement) => boolean,
  ) =>
    Statement.some(
      one =>
        one.Effect === effect &&
        more(one) &&
        isAbout(one, 'Action', action) &&
        isAbout(one, 'Resource', resource),
    );
  return (
    some('Allow', touches, () => true) &&
    !some('Deny', covers, ({ Condition }) => Condition === undefined)
  );
}
