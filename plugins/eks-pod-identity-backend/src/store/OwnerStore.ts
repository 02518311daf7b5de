import {
  foldEntityRef,
  parseServiceAccountRef,
  ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { Knex } from 'knex';
import { type Holder, sameHolder } from './holder';
import { UNSEEN } from './ServiceAccountStore';
import { inParts, RefColumns, toRef, whereRef, whereRefs } from './refs';
import { fromJson, likeEscape } from './values';

/** Entity that our AWS tag names, and who owned it when that was last looked up. */
export interface IdentityOwner extends Holder {
  ownerRefs: string[];
}

/** A ref and whose it is. */
export interface OwnedRef {
  ref: ServiceAccountRef;
  owner: IdentityOwner;
}

interface OwnerRow extends RefColumns {
  entity_ref: string;
  entity_uid: string | null;
  owner_refs: string;
}

function toOwner(row: OwnerRow): IdentityOwner {
  return {
    entityRef: row.entity_ref,
    ...(row.entity_uid ? { uid: row.entity_uid } : {}),
    ownerRefs: fromJson(row.owner_refs),
  };
}

function toOwners(rows: OwnerRow[]): Map<string, IdentityOwner> {
  return new Map(
    rows.map(row => [stringifyServiceAccountRef(toRef(row)), toOwner(row)]),
  );
}

/** Owners of identities, for permission decisions; filled from our AWS tag, never from an annotation. */
export class OwnerStore {
  readonly #knex: Knex;
  readonly #now: () => number;

  constructor(knex: Knex, now: () => number) {
    this.#knex = knex;
    this.#now = now;
  }

  /**
   * Notes whose it is now. An entity that gets it from another one starts with a headline of its own; see `holder.ts` for
   * what was recorded before.
   */
  async set(
    ref: ServiceAccountRef,
    owner: IdentityOwner,
    tx?: Knex,
  ): Promise<void> {
    await this.setMany([{ ref, owner }], tx);
  }

  /** `set` of many, each ref once. */
  async setMany(owned: OwnedRef[], tx?: Knex): Promise<void> {
    for (const part of inParts(owned)) {
      if (tx) await this.#setPart(part, tx);
      else await this.#knex.transaction(own => this.#setPart(part, own));
    }
  }

  async #setPart(owned: OwnedRef[], tx: Knex): Promise<void> {
    const before = await this.findMany(
      owned.map(({ ref }) => ref),
      tx,
    );
    await tx('owners')
      .insert(
        owned.map(({ ref, owner }) => ({
          ...whereRef(ref),
          entity_ref: owner.entityRef,
          entity_uid: owner.uid || null,
          owner_refs: JSON.stringify(owner.ownerRefs),
          updated_at: this.#now(),
        })),
      )
      .onConflict(['cluster', 'namespace', 'service_account'])
      .merge();
    const others: ServiceAccountRef[] = [];
    for (const { ref, owner } of owned) {
      const known = before.get(stringifyServiceAccountRef(ref));
      if (!sameHolder(known, owner)) others.push(ref);
      else if (owner.uid && !known?.uid) await this.#giveUid(ref, owner, tx);
    }
    if (others.length > 0) await this.#beginAnew(others, tx);
  }

  async remove(ref: ServiceAccountRef, tx: Knex = this.#knex) {
    await tx('owners').where(whereRef(ref)).delete();
  }

  /** All of a cluster, by written ref. */
  async ofCluster(cluster: string): Promise<Map<string, IdentityOwner>> {
    return toOwners(await this.#knex<OwnerRow>('owners').where({ cluster }));
  }

  /** Written refs that our tag says were made for an entity. */
  async refsOfEntity(entityRef: string, tx: Knex): Promise<string[]> {
    const rows = await tx<OwnerRow>('owners').where({ entity_ref: entityRef });
    return rows.map(row => stringifyServiceAccountRef(toRef(row)));
  }

  /** Written refs whose entity has this owner, lower case. */
  async refsOwnedBy(ownerRef: string, tx: Knex): Promise<string[]> {
    const rows = await tx<OwnerRow>('owners').whereRaw(
      "lower(owner_refs) like ? escape '\\'",
      [`%${likeEscape(JSON.stringify(ownerRef))}%`],
    );
    return rows.map(row => stringifyServiceAccountRef(toRef(row)));
  }

  async find(ref: ServiceAccountRef): Promise<IdentityOwner | undefined> {
    return (await this.findMany([ref])).get(stringifyServiceAccountRef(ref));
  }

  /** By written ref; refs without an owner are missing. */
  async findMany(
    refs: ServiceAccountRef[],
    tx: Knex = this.#knex,
  ): Promise<Map<string, IdentityOwner>> {
    const found = new Map<string, IdentityOwner>();
    for (const part of inParts(refs)) {
      const rows: OwnerRow[] = await whereRefs(tx('owners'), part).select('*');
      for (const [key, owner] of toOwners(rows)) found.set(key, owner);
    }
    return found;
  }

  /** What was found and proven before was about the identity of another entity. */
  async #beginAnew(refs: ServiceAccountRef[], tx: Knex) {
    const now = this.#now();
    await whereRefs(tx('evidence'), refs).delete();
    await whereRefs(tx('service_accounts'), refs).update({
      status: 'could-not-check',
      headline: UNSEEN,
      changed_since: null,
      fingerprint: null,
      changed_by: null,
      memory: null,
      findings: null,
      proof_report_id: null,
      look_report_id: null,
      proven_at: null,
      looked_at: null,
      notified_status: null,
      reset_at: now,
      updated_at: now,
      version: tx.raw('?? + 1', ['version']),
    });
  }

  /** What was recorded before uids were is this entity's, or the next one of its name would inherit it. */
  async #giveUid(ref: ServiceAccountRef, { entityRef, uid }: Holder, tx: Knex) {
    for (const table of ['operations', 'reports']) {
      await tx(table)
        .where({ ...whereRef(ref), holder_ref: foldEntityRef(entityRef) })
        .whereNull('holder_uid')
        .update({ holder_uid: uid });
    }
  }
}

/** Reads resourceRefs of permission requests; undefined for what is not a ref. */
export function tryParseRef(text: string): ServiceAccountRef | undefined {
  try {
    return parseServiceAccountRef(text);
  } catch {
    return undefined;
  }
}
