import type { Request, Response } from 'express';
import { boundedBody } from './boundedBody';

const read = (body: unknown) => {
  const next = jest.fn();
  boundedBody({ body } as Request, {} as Response, next);
  return next.mock.calls;
};
const list = (length: number) => Array.from({ length }, (_, n) => n);
const nested = (depth: number): unknown =>
  JSON.parse(`${'[0,'.repeat(depth)}0${']'.repeat(depth)}`);

describe('the body of a request', () => {
  it('is read up to a thousand entries, and fifty levels', () => {
    for (const body of [
      undefined,
      null,
      'text',
      { a: list(1_000) },
      nested(50),
    ]) {
      expect(read(body)).toEqual([[]]);
    }
  });

  it.each([
    ['a long list', { a: { b: list(1_001) } }, /1001 entries; at most 1000/],
    ['a long object', { ...list(1_001) }, /1001 entries/],
    ['too many levels', nested(51), /more than 50 levels/],
    ['a hundred thousand levels', nested(100_000), /more than 50 levels/],
  ])('is refused as it has %s', (_what, body, message) => {
    expect(() => read(body)).toThrow(message);
  });
});
