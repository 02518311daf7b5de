import { InputError } from '@backstage/errors';
import { problemsOf } from 'backstage-plugin-eks-pod-identity-common';
import type { RequestHandler } from 'express';
import type { z } from 'zod/v3';

/** Deeper JSON would overflow the stack of what reads it; no input needs a quarter of it. */
export const DEEPEST = 32;
/** More than any input takes; a schema judges each entry before it counts them. */
const MOST_ENTRIES = 1_000;

/** Refuses what no schema names: NUL, which PostgreSQL cannot store, deep nesting, and far too many entries. */
export function refuseHostile(value: unknown, what: string): void {
  const waiting: { value: unknown; depth: number }[] = [{ value, depth: 0 }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value: one, depth } = next;
    if (typeof one === 'string') refuseNul(one, what);
    if (typeof one !== 'object' || one === null) continue;
    if (depth >= DEEPEST) {
      throw new InputError(
        `The ${what} is not valid: it is nested more than ${DEEPEST} levels deep`,
      );
    }
    // The keys of a list are not made, which takes longer than to read it.
    const keys = Array.isArray(one) ? [] : Object.keys(one);
    const members: unknown[] = Array.isArray(one) ? one : Object.values(one);
    if (members.length > MOST_ENTRIES) {
      throw new InputError(
        `The ${what} is not valid: it has a list or an object with ${members.length} entries, of which at most ${MOST_ENTRIES} are read`,
      );
    }
    for (const key of keys) refuseNul(key, what);
    for (const member of members) {
      waiting.push({ value: member, depth: depth + 1 });
    }
  }
}

function refuseNul(text: string, what: string) {
  if (text.includes('\0')) {
    throw new InputError(
      `The ${what} is not valid: it contains a NUL character`,
    );
  }
}

/** Refuses an address with a NUL in its path or query. */
export const cleanAddress: RequestHandler = (request, _response, next) => {
  if (/%00|\0/.test(request.url)) {
    throw new InputError('The address contains a NUL character');
  }
  next();
};

/** Parses what came from outside; every problem is named with its place. */
export function parseInput<T extends z.ZodTypeAny>(
  schema: T,
  value: unknown,
  what: string,
): z.output<T> {
  refuseHostile(value, what);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = problemsOf(parsed.error.issues, what);
  throw new InputError(`The ${what} is not valid: ${problems.join('; ')}`);
}
