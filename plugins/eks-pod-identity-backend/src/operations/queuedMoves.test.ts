import type { OperationRecord } from '../store';
import { outcomeOf, toMoveQueue } from './queuedMoves';

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
    const warnings = ['One is on IRSA.', 'One is pending.'];
    expect(ended(result({ state: 'moving', warnings })).message).toBe(
      'Not all of its pods are known to be on Pod Identity. One is on IRSA. One is pending.',
    );
  });

  it('shows neither the rights of its starter nor how it is stored', () => {
    const ref = { cluster: 'prod', namespace: 'shop', serviceAccount: 'api' };
    const move = { ref, state: 'moved' as const, message: 'Said.' };
    expect(
      toMoveQueue({
        id: 'q',
        ownedBy: 'group:default/a',
        initiator: 'user:default/ada',
        state: 'ended',
        createdAt: 0,
        finishedAt: 1000,
        moves: [{ ...move, position: 0, asked: {} as any }],
      }),
    ).toEqual({
      id: 'q',
      ownedBy: 'group:default/a',
      initiator: 'user:default/ada',
      state: 'ended',
      createdAt: '1970-01-01T00:00:00.000Z',
      finishedAt: '1970-01-01T00:00:01.000Z',
      moves: [move],
    });
  });
});
