import type { z } from 'zod/v3';

const MOST_PROBLEMS = 10;
const LONGEST_PROBLEM = 300;

/**
 * What is wrong with an input, a sentence each, with its place; repeats no more of a hostile input than a person reads.
 *
 * @param what - names the whole input, where that is the place
 * @public
 */
export function problemsOf(
  issues: readonly z.ZodIssue[],
  what: string,
): string[] {
  const left = issues.length - MOST_PROBLEMS;
  return issues
    .slice(0, MOST_PROBLEMS)
    .map(issue => problemOf(issue, what))
    .map(text =>
      text.length > LONGEST_PROBLEM
        ? `${text.slice(0, LONGEST_PROBLEM)}…`
        : text,
    )
    .concat(left > 0 ? `and ${left} more` : []);
}

function problemOf(issue: z.ZodIssue, what: string): string {
  // The first alternative is the full form, the others are ways to clear it
  const [first] = issue.code === 'invalid_union' ? issue.unionErrors : [];
  if (first?.issues[0]) return problemOf(first.issues[0], what);
  return `${issue.path.join('.') || what} ${describe(issue)}`;
}

function describe(issue: z.ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.received === 'undefined') {
    return 'is missing';
  }
  if (issue.code === 'unrecognized_keys') {
    return `has unknown fields: ${issue.keys.join(', ')}`;
  }
  return issue.message.startsWith('must ')
    ? issue.message
    : `is wrong (${issue.message})`;
}
