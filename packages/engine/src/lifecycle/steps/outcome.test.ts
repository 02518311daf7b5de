import { ConflictError } from '@backstage/errors';
import {
  CancelledError,
  failedPartly,
  type Outcome,
  stoppedPartly,
} from './outcome';

const work = (does: string) => ({
  id: does,
  dependsOn: [],
  deed: { does } as any,
});
const done = (does: string): Outcome => ({ work: work(does), state: 'done' });
const failed = (does: string, error: Error): Outcome => ({
  work: work(does),
  state: 'failed',
  error,
});
const skipped = (does: string): Outcome => ({
  work: work(does),
  state: 'skipped',
  because: 'role',
});

describe('what an apply leaves behind', () => {
  it.each<[string, Outcome[], string]>([
    [
      'says what was done and what was not, with the failure first',
      [
        done('create the role'),
        failed('attach S3', new Error('AWS said no')),
        skipped('create the association'),
      ],
      'AWS said no. Done: create the role. Not done: attach S3; create the association. Running it again carries on from there.',
    ],
    [
      'says a sentence once, and ends none twice',
      [
        failed('a', new Error('Too many!')),
        failed('b', new Error('Too many!')),
        failed('c', new Error('Late')),
      ],
      'Too many! Late. Nothing was done. Not done: a; b; c. Running it again carries on from there.',
    ],
  ])('%s', (_, outcomes, message) => {
    expect(failedPartly(outcomes).message).toBe(message);
  });

  it.each([
    ['Ask ada.', 'x. Nothing was done. Not done: a. Ask ada.'],
    ['', 'x. Nothing was done. Not done: a.'],
  ])('ends with what to do then, or with nothing: "%s"', (again, message) => {
    const outcomes = [failed('a', new Error('x'))];
    expect(failedPartly(outcomes, again).message).toBe(message);
  });

  it('is an error of the class that the first failure has', () => {
    expect(
      failedPartly([
        failed('a', new ConflictError('x')),
        failed('b', new Error('y')),
      ]).name,
    ).toBe('ConflictError');
    expect(failedPartly([failed('a', new TypeError('x'))]).name).toBe(
      'OperationFailedError',
    );
  });

  it('says why it was stopped, and that what is done stays', () => {
    const error = stoppedPartly(
      [done('create the role'), skipped('create the association')],
      'cancelled by ada',
    );
    expect(error).toBeInstanceOf(CancelledError);
    expect(error.message).toMatch(
      /cancelled by ada.*\. Done: create the role\. Not done: create the association\. The finished steps remain/,
    );
  });
});
