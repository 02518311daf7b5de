import type {
  OperationError,
  OperationResult,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { NewOperationRecord } from '../operationRecord';
import type { MemoryStore } from './memoryStore';
import { queuedAssociate } from './queuedAssociate';

/** How an operation of a test stands; one without an end waits or runs. */
export interface Standing {
  id?: string;
  ref?: ServiceAccountRef;
  kind?: NewOperationRecord['kind'];
  state?: NewOperationRecord['state'];
  /** Added to that of an associate. */
  input?: object;
  wrote?: boolean;
  result?: object;
  error?: Partial<OperationError>;
  more?: Partial<NewOperationRecord>;
}

/** Stores operations of one ref as they stand, each a second after the one before. */
export function operationsOf(memory: MemoryStore, ref: ServiceAccountRef) {
  let count = 0;

  return async (standing: Standing = {}): Promise<string> => {
    memory.now += 1000;
    count += 1;
    const { id = `operation-${count}`, state = 'succeeded' } = standing;
    const asked = queuedAssociate(id, standing.ref ?? ref);
    const isLive = state === 'queued' || state === 'running';
    await memory.store.operations.insert({
      ...asked,
      kind: standing.kind ?? 'associate',
      state: isLive ? state : 'running',
      input: { ...asked.input, ...standing.input } as typeof asked.input,
      ...standing.more,
    });
    if (isLive) return id;
    await memory.store.transaction(tx =>
      memory.store.operations.finish(
        [id],
        {
          state,
          seq: 1,
          wrote: standing.wrote ?? true,
          result: standing.result as OperationResult | undefined,
          error: standing.error as OperationError | undefined,
        },
        tx,
      ),
    );
    return id;
  };
}
