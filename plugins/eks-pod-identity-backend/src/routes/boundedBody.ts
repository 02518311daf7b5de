import { InputError } from '@backstage/errors';
import type { RequestHandler } from 'express';

/** More than any input takes; what reads a body looks at each entry before it counts them. */
const MOST_ENTRIES = 1_000;
const DEEPEST = 50;

/** @throws InputError for a body whose lists or objects are too long, or too deep, to be read in a moment */
function checkSize(body: unknown): void {
  const left = [{ value: body, depth: 0 }];
  for (let next = left.pop(); next; next = left.pop()) {
    const { value, depth } = next;
    if (typeof value !== 'object' || value === null) continue;
    const entries = Object.values(value);
    if (entries.length > MOST_ENTRIES) {
      throw new InputError(
        `The body has a list or an object with ${entries.length} entries; at most ${MOST_ENTRIES} are read`,
      );
    }
    if (depth === DEEPEST) {
      throw new InputError(`The body is more than ${DEEPEST} levels deep`);
    }
    for (const entry of entries) left.push({ value: entry, depth: depth + 1 });
  }
}

/** Refuses a body that would keep the one thread for long, before anything reads it. */
export const boundedBody: RequestHandler = ({ body }, _, next) => {
  checkSize(body);
  next();
};
