import { describe as describeError, StopError } from './stop';

const abort = Object.assign(new Error('aborted'), { name: 'AbortError' });
const fault = new TypeError('AWS said no');
const cancelled = new StopError('cancelled', 'Cancelled by ada');
const late = new StopError('deadline', 'Did not finish');

describe('what is stored of an error', () => {
  it.each<[string, unknown, StopError | undefined, string, string]>([
    ['itself', fault, undefined, 'TypeError', 'AWS said no'],
    ['itself though the run stops', fault, late, 'TypeError', 'AWS said no'],
    ['an abort without a stop', abort, undefined, 'AbortError', 'aborted'],
    ['why it was stopped', late, late, 'TimeoutError', 'Did not finish'],
    ['why it was aborted', abort, late, 'TimeoutError', 'Did not finish'],
    [
      'what a cancel leaves',
      abort,
      cancelled,
      'CancelledError',
      'Cancelled by ada. What was done so far stands: run it again to finish it, or remove the identity',
    ],
  ])('is %s', (_, error, stop, name, message) => {
    expect(describeError(error, stop)).toEqual({ name, message });
  });

  it('is cut where a column ends', () => {
    const { message } = describeError(new Error('x'.repeat(5000)));
    expect(message).toHaveLength(4000);
  });
});
