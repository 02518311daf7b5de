import { InputError } from '@backstage/errors';
import express, { type RequestHandler } from 'express';
import { DEEPEST } from './validate';

const [QUOTE, BACKSLASH] = Buffer.from('"\\');
// Compared one by one: Buffer.includes takes 100 ns for each byte between strings.
const [OPEN_LIST, OPEN_OBJECT] = Buffer.from('[{');
const [CLOSE_LIST, CLOSE_OBJECT] = Buffer.from(']}');

/** @throws InputError before the text is parsed, which would take 20 ms for each 100,000 levels */
function checkDepth(text: Buffer): void {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const byte = text[index];
    if (inString && byte === BACKSLASH) index += 1;
    else if (byte === QUOTE) inString = !inString;
    else if (inString) continue;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth += 1;
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth -= 1;
    if (depth > DEEPEST) {
      const error = new InputError(
        `The body is nested more than ${DEEPEST} levels deep`,
      );
      // Else Express makes it a 403.
      throw Object.assign(error, { status: 400 });
    }
  }
}

/** Reads a body as JSON, unless reading it would keep the one thread for long. */
export const jsonBody = (limit: string): RequestHandler =>
  express.json({
    limit,
    verify: (_, __, text, encoding) => {
      // In another one, the bytes that are counted would be no brackets.
      if (encoding !== 'utf-8') {
        throw Object.assign(
          new InputError(`The body is in ${encoding}; send it in utf-8`),
          { status: 415 },
        );
      }
      checkDepth(text);
    },
  });
