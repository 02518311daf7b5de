import {
  ServiceAccountRef,
  stringifyServiceAccountRef,
  VerifyInput,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import type { Clock, EngineConfig } from 'eks-pod-identity-engine';
import type { LiveOperation, NewOperationRecord, Store } from '../store';
import { countOf } from './countOf';
import { DailyLimits } from './DailyLimits';
import { IdentityQuota } from './IdentityQuota';
import { leaseKeys } from './leaseKeys';
import { isChange } from './perform';
import { whatOf } from './RunLeases';
import { TooManyRequestsError } from './TooManyRequestsError';

/** Where runs of one service account wait for each other. */
type Queue = 'changes' | 'proofs';

const LIMIT_OF = {
  changes: 'changesPerServiceAccount',
  proofs: 'proofsPerServiceAccount',
} as const;

const NOUN_OF = { changes: 'change', proofs: 'verification' } as const;

/**
 * How much may wait or run at a time. Without it one user could queue so much on a service account that its owner's
 * own change or proof never starts.
 */
export class ConcurrencyLimits {
  readonly #store: Store;
  readonly #limits: EngineConfig['limits'];
  readonly #instance: string;
  readonly #daily: DailyLimits;
  readonly #quota: IdentityQuota;

  constructor(options: {
    store: Store;
    limits: EngineConfig['limits'];
    /** This process among the replicas. */
    instance: string;
    clock: Clock;
  }) {
    this.#store = options.store;
    this.#limits = options.limits;
    this.#instance = options.instance;
    this.#daily = new DailyLimits(options);
    this.#quota = new IdentityQuota(options);
  }

  /**
   * Admits what is about to be stored, or throws. The first thing in its transaction, which waits for those of the same
   * user and for the same component or owner, across replicas: so every count still holds when the operation is written.
   *
   * @throws TooManyRequestsError saying when to try again
   */
  async admitOperation(record: NewOperationRecord, tx: Knex): Promise<void> {
    if (record.initiatorType !== 'user') return;
    const { entityRef, initiator, ownerRefs } = record;
    const entities = [...(entityRef ? [entityRef] : []), ...ownerRefs];
    // Always in this order: no deadlock.
    await this.#alone(leaseKeys.admitUser(initiator), record, tx);
    for (const ref of [...new Set(entities)].sort()) {
      await this.#alone(leaseKeys.admitFor(ref), record, tx);
    }
    await this.#daily.admit(record, tx);
  }

  /**
   * Admits a run of its own, or throws; after `admitOperation` and every lease of the operation. Serialised per ref too.
   *
   * @throws TooManyRequestsError saying what to wait for or to cancel
   */
  async admitRun(record: NewOperationRecord, tx: Knex): Promise<void> {
    if (record.initiatorType === 'user') {
      await this.#admitUser(record, tx);
      await this.#quota.admit(record, tx);
    }
    const kind = queueOf(record);
    if (kind) {
      await this.#alone(leaseKeys.admitRef(record.ref), record, tx);
      await this.#admitTo(kind, record, tx);
    }
  }

  /** Inserts and deletes a row: other transactions that insert it wait for ours to end. */
  async #alone(key: string, record: NewOperationRecord, tx: Knex) {
    const { leases } = this.#store;
    const holder = { runId: record.id, instance: this.#instance };
    await leases.claim(key, holder, whatOf(record), tx);
    await leases.drop(key, record.id, tx);
  }

  async #admitUser(record: NewOperationRecord, tx: Knex) {
    const limit = this.#limits.operationsPerUser;
    const live = await this.#store.live.startedBy(record.initiator, tx);
    if (runsOf(live) < limit) return;
    throw new TooManyRequestsError(
      `You have ${countOf(
        limit,
        'operation',
      )} waiting or running, and no user may have more at a time. Wait until one of them has finished, or cancel one, such as the ${describe(
        live[0],
      )}; then ask again`,
    );
  }

  async #admitTo(queue: Queue, record: NewOperationRecord, tx: Knex) {
    const limit = this.#limits[LIMIT_OF[queue]];
    const live = (await this.#store.live.of(record.ref, tx)).filter(
      one => queueOf(one) === queue,
    );
    const mine = live.filter(one => one.initiator === record.initiator);
    if (runsOf(live) >= limit) {
      throw new TooManyRequestsError(
        `${stringifyServiceAccountRef(record.ref)} has ${countOf(
          limit,
          NOUN_OF[queue],
        )} waiting or running, and no service account may have more at a time. ${wayOut(
          mine,
        )}`,
      );
    }
    // The last place is kept for others, so that one user alone cannot keep an owner out.
    const limitOfOne = Math.max(1, limit - 1);
    if (runsOf(mine) < limitOfOne) return;
    throw new TooManyRequestsError(
      `You have ${countOf(
        limitOfOne,
        NOUN_OF[queue],
      )} of ${stringifyServiceAccountRef(
        record.ref,
      )} waiting or running, and the last place is kept for others. ${wayOut(
        mine,
      )}`,
    );
  }
}

function describe(operation: {
  kind: string;
  id: string;
  ref: ServiceAccountRef;
}): string {
  return `${operation.kind} of ${stringifyServiceAccountRef(
    operation.ref,
  )} (operation ${operation.id})`;
}

/** Names only the caller's own operations: starting one does not imply permission to read others. */
function wayOut(mine: LiveOperation[]): string {
  return `Wait until one of them has finished, or ${
    mine.length > 0
      ? `cancel one of your own, such as the ${describe(mine[0])}`
      : 'ask the person who started one to cancel it'
  }; then ask again`;
}

function queueOf(
  operation: Pick<LiveOperation, 'kind' | 'input'>,
): Queue | undefined {
  if (isChange(operation)) return 'changes';
  if (operation.kind !== 'verify') return undefined;
  return ((operation.input as VerifyInput).probe ?? 'pod') === 'pod'
    ? 'proofs'
    : undefined;
}

/** Operations that follow one verification count once. */
function runsOf(live: LiveOperation[]): number {
  return new Set(live.map(one => one.runId)).size;
}
