import { InputError } from '@backstage/errors';
import { z } from 'zod/v3';

/** Parses what came from outside; every problem is named with its place. */
export function parseInput<T extends z.ZodTypeAny>(
  schema: T,
  value: unknown,
  what: string,
): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    issue => `${issue.path.join('.') || what} ${describe(issue)}`,
  );
  throw new InputError(`The ${what} is not valid: ${problems.join('; ')}`);
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
