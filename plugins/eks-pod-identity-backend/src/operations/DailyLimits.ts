import type { Knex } from 'knex';
import type { Clock, EngineConfig } from 'eks-pod-identity-engine';
import type { NewOperationRecord, Store } from '../store';
import type { StoredBy, StoredPart } from '../store/StoredOperations';
import { countOf } from './countOf';
import { TooManyRequestsError } from './TooManyRequestsError';

const DAY_MS = 24 * 3600_000;

interface DailyLimit {
  key: `${string}PerDay` & keyof EngineConfig['limits'];
  by: StoredBy;
  of: 'operations' | 'events';
  /** First words of the message. */
  told(count: string): string;
  /** The rule, up to "more than". */
  rule: string;
}

/** What bounds the operations of a user, and what bounds those on components of an owner. */
function limitsOf({ initiator, ownerRefs }: NewOperationRecord): DailyLimit[] {
  return [
    {
      key: 'operationsPerUserPerDay',
      by: { initiator },
      of: 'operations',
      told: count => `You have started ${count} within 24 hours`,
      rule: 'no user may start more than',
    },
    {
      key: 'eventsPerUserPerDay',
      by: { initiator },
      of: 'events',
      told: count => `Your operations have stored ${count} within 24 hours`,
      rule: 'those of no user may store more than',
    },
    ...ownerRefs.map(
      (owner): DailyLimit => ({
        key: 'operationsPerOwnerPerDay',
        by: { owner },
        of: 'operations',
        told: count =>
          `Users have started ${count} on components of ${owner} within 24 hours`,
        rule: 'no owner may have more than',
      }),
    ),
  ];
}

/**
 * How much one user, and all users together for the components of one owner, may have stored within a day. A report is made
 * by an operation, so the number of operations bounds reports too. What sweeps and services do is not counted.
 */
export class DailyLimits {
  readonly #store: Pick<Store, 'stored'>;
  readonly #limits: EngineConfig['limits'];
  readonly #clock: Clock;

  constructor(options: {
    store: Pick<Store, 'stored'>;
    limits: EngineConfig['limits'];
    clock: Clock;
  }) {
    this.#store = options.store;
    this.#limits = options.limits;
    this.#clock = options.clock;
  }

  /** @throws TooManyRequestsError saying when there is room again */
  async admit(record: NewOperationRecord, tx: Knex): Promise<void> {
    const { stored } = this.#store;
    const since = this.#clock.now() - DAY_MS;
    for (const { key, by, of, told, rule } of limitsOf(record)) {
      const most = this.#limits[key];
      const amount = await stored.amount(by, since, tx);
      if (amount[of] < most) continue;
      const parts = await stored.parts(by, since, tx);
      const roomAt = roomFrom(parts, of, most) + DAY_MS;
      throw new TooManyRequestsError(
        `${told(
          countOf(amount[of], of.slice(0, -1)),
        )}, and ${rule} ${most} (limits.${key}). Try again at ${minuteAfter(
          roomAt,
        )}, or ask an administrator of this portal`,
      );
    }
  }
}

/** When the part was made without which there are fewer than the limit. */
function roomFrom(
  parts: StoredPart[],
  of: DailyLimit['of'],
  most: number,
): number {
  const sizeOf = ({ events }: StoredPart) => (of === 'events' ? events : 1);
  let left = parts.reduce((sum, part) => sum + sizeOf(part), 0);
  const last = parts.find(part => {
    left -= sizeOf(part);
    return left < most;
  });
  return last?.createdAt ?? 0;
}

/** Such as `2026-11-26 05:12 UTC`. */
function minuteAfter(ms: number): string {
  const minute = new Date((Math.floor(ms / 60_000) + 1) * 60_000);
  return `${minute.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
