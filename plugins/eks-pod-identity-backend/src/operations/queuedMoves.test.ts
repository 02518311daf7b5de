import type { OperationRecord } from '../store';
import { outcomeOf } from './queuedMoves';

const ended = (more: object) =>
  outcomeOf({ state: 'failed', wrote: false, ...more } as OperationRecord);
const error = (name: string) => ({ error: { name, message: 'Said.' } });
const result = (more: object) => ({
  state: 'succeeded',
  result: { kind: 'migrate', toConfirm: [], warnings: [], ...more },
});

describe('a move of a queue that has ended', () => {
  it.each([
    ['left-out', 'a refusal before any write', error('ConflictError')],
    ['left-out', 'a missing right', error('NotAllowedError')],
    [
      'failed',
      'a refusal after a write',
      { ...error('ConflictError'), wrote: true },
    ],
    ['failed', 'a fault', error('Error')],
    [
      'failed',
      'a cancel',
      { ...error('ConflictError'), state: 'cancelled' as const },
    ],
    ['moved', 'its end', result({ state: 'moved' })],
    ['failed', 'pods that are left', result({ state: 'moving' })],
  ])('is %s after %s', (state, _, more) => {
    expect(ended(more).state).toBe(state);
  });

  it('says what waits for a person', () => {
    const waits = result({ state: 'moving', toConfirm: ['Deployment api'] });
    expect(ended(waits).message).toMatch(/confirm .* Deployment api works/);
  });
});
