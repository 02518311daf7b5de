import {
  type MoveQueue,
  type QueuedMove,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { OperationRecord } from '../store';
import type { StoredQueue } from '../store/MoveQueueStore';
import { toIso, toOptionalIso } from '../store/values';

/** Of requests that were judged; what a database or a network says is none of these. */
const REFUSALS = [
  'ConflictError',
  'InputError',
  'NotAllowedError',
  'NotFoundError',
];

export const isRefusal = (error: { name: string }) =>
  REFUSALS.includes(error.name);

/** How a move of a queue ended. What was refused before its first write has changed nothing, and the next one follows. */
export function outcomeOf(
  operation: OperationRecord,
): Pick<QueuedMove, 'state' | 'message'> {
  const { state, result, error, wrote } = operation;
  if (state !== 'succeeded') {
    const isRefused =
      state === 'failed' && !wrote && error !== undefined && isRefusal(error);
    return {
      state: isRefused ? 'left-out' : 'failed',
      message: error?.message,
    };
  }
  if (result?.kind !== 'migrate' || result.state === 'moved') {
    return { state: 'moved' };
  }
  const { toConfirm, warnings } = result;
  return {
    state: 'failed',
    message:
      toConfirm.length > 0
        ? `It waits for you: confirm on its card that ${toConfirm.join(
            ', ',
          )} works, or roll it back`
        : `Not all of its pods are known to be on Pod Identity. ${warnings.join(
            ' ',
          )}`.trim(),
  };
}

export const nameOf = ({ ref }: Pick<QueuedMove, 'ref'>) =>
  stringifyServiceAccountRef(ref);

export function toMoveQueue(queue: StoredQueue): MoveQueue {
  const { createdAt, finishedAt, moves, ...others } = queue;
  return {
    ...others,
    createdAt: toIso(createdAt),
    finishedAt: toOptionalIso(finishedAt),
    moves: moves.map(({ position: _, asked: __, ...move }) => move),
  };
}
