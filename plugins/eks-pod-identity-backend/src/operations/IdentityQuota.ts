import type { Knex } from 'knex';
import { stringifyServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import type { EngineConfig } from 'eks-pod-identity-engine';
import { type NewOperationRecord, onlyPlans, type Store } from '../store';
import { countOf } from './countOf';
import { QuotaError } from './TooManyRequestsError';

/** How many identities one component, and all components of one owner, may have. */
export class IdentityQuota {
  readonly #store: Pick<Store, 'owners' | 'live'>;
  readonly #limits: EngineConfig['limits'];

  constructor(options: {
    store: Pick<Store, 'owners' | 'live'>;
    limits: EngineConfig['limits'];
  }) {
    this.#store = options.store;
    this.#limits = options.limits;
  }

  /**
   * Admits an associate or a move, or throws. Those that wait or run count as what they are about to make. Services and
   * administrators are not limited, and changing what exists is not.
   *
   * @throws QuotaError saying what has too many, and of what
   */
  async admit(record: NewOperationRecord, tx: Knex): Promise<void> {
    const { entityRef, ownerRefs, ref } = record;
    if (!entityRef || !isLimited(record)) return;
    const mine = stringifyServiceAccountRef(ref);
    const live = await this.#store.live.making(tx);
    const check = async (
      what: string,
      key: 'identitiesPerEntity' | 'identitiesPerOwner',
      made: string[],
      coming: typeof live,
    ) => {
      const limit = this.#limits[key];
      const refs = new Set([
        ...made,
        ...coming.map(one => stringifyServiceAccountRef(one.ref)),
      ]);
      if (refs.has(mine) || refs.size < limit) return;
      throw new QuotaError(
        `${what} has ${countOf(refs.size, 'AWS identity')}, and no ${
          key === 'identitiesPerEntity' ? 'component' : 'owner'
        } may have more than ${limit} (limits.${key}). Remove one that is not used, or ask an administrator of this portal`,
      );
    };
    await check(
      entityRef,
      'identitiesPerEntity',
      await this.#store.owners.refsOfEntity(entityRef, tx),
      live.filter(one => one.entityRef === entityRef),
    );
    for (const owner of ownerRefs) {
      await check(
        owner,
        'identitiesPerOwner',
        await this.#store.owners.refsOwnedBy(owner, tx),
        live.filter(one => one.ownerRefs.includes(owner)),
      );
    }
  }
}

const makesIdentity = (kind: NewOperationRecord['kind']) =>
  kind === 'associate' || kind === 'migrate';

function isLimited(record: NewOperationRecord): boolean {
  const { claimant, kind } = record;
  return (
    makesIdentity(kind) &&
    !onlyPlans(record) &&
    claimant !== undefined &&
    !claimant.isAdministrator
  );
}
