import type { UserInfoService } from '@backstage/backend-plugin-api';
import { NotAllowedError } from '@backstage/errors';
import {
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { EngineConfig } from 'eks-pod-identity-engine';
import { mayActFor } from 'eks-pod-identity-engine/portal';
import { type Holder, sameHolder, type Store } from '../store';
import type { Administrators } from './Administrators';
import type { Authorizer } from './Authorizer';
import { readClaimant, toClaimant } from './claimant';
import { type Caller, initiatorOf } from './caller';
import type { EntityDirectory } from './EntityDirectory';

/** An operation or a report, as far as it decides who may read it. */
export interface Kept {
  ref: ServiceAccountRef;
  holder?: Holder;
  /** A user or service; undefined for a sweep. */
  initiator?: string;
}

export interface RecordsDeps {
  administrators: Pick<Administrators, 'require'>;
  config: Pick<EngineConfig, 'administrators'>;
  authorizer: Pick<Authorizer, 'requireRead'>;
  entities: Pick<EntityDirectory, 'find'>;
  store: Pick<Store, 'owners'>;
  userInfo: UserInfoService;
}

/**
 * Who may read what was recorded about a service account: what the portal records is for the entity that has the identity
 * then, and the next one that gets it does not inherit it.
 */
export class Records {
  readonly #deps: RecordsDeps;

  constructor(deps: RecordsDeps) {
    this.#deps = deps;
  }

  /**
   * Opens a record to its initiator, and to those who may read the identity if it is theirs.
   *
   * @param what - begins the refusal, such as `operation 123`
   * @throws NotAllowedError
   */
  async requireRead(what: string, kept: Kept, caller: Caller): Promise<void> {
    if (kept.initiator === initiatorOf(caller).name) return;
    await this.#deps.authorizer.requireRead(kept.ref, caller);
    const readable = await this.readable(kept.ref, [kept.holder], caller);
    if (readable.length > 0) return;
    throw new NotAllowedError(
      `You are not allowed to see ${what}: it is about ${stringifyServiceAccountRef(
        kept.ref,
      )} when another component had its identity. Ask who owns that one, or an administrator of this portal`,
    );
  }

  /**
   * Opens the facts behind a report. They name other components and service accounts and may hold documents of policies, so
   * that they are for those who may see all.
   *
   * @throws NotAllowedError
   */
  async requireFacts(caller: Caller): Promise<void> {
    await this.#deps.administrators.require(
      caller,
      'A bundle names roles, policies, pods and neighbours of the identity: only an administrator of this portal (eksPodIdentity.administrators) downloads it',
    );
  }

  /**
   * Those of whom a caller who may read the identity may also read what was recorded for them: the entity that has it now,
   * and those that the caller owns. A service is a part of the portal and may read all.
   */
  async readable(
    ref: ServiceAccountRef,
    holders: (Holder | undefined)[],
    caller: Caller,
  ): Promise<(Holder | undefined)[]> {
    const { config, entities, store, userInfo } = this.#deps;
    if (caller.principal.type === 'service') return holders;
    const present = await store.owners.find(ref);
    if (holders.every(holder => sameHolder(holder, present))) return holders;
    const claimant = toClaimant(await readClaimant(caller, userInfo, config));
    const answers = await Promise.all(
      holders.map(
        async holder =>
          sameHolder(holder, present) ||
          claimant.isAdministrator ||
          (holder !== undefined &&
            mayActFor(holder, claimant, {
              findEntity: entityRef => entities.find(entityRef),
            })),
      ),
    );
    return holders.filter((_, index) => answers[index]);
  }
}
