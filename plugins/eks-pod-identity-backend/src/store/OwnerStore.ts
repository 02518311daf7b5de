import {
  parseServiceAccountRef,
  ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { Knex } from 'knex';
import { inParts, RefColumns, toRef, whereRef, whereRefs } from './refs';
import { fromJson, likeEscape } from './values';

/** Entity that our AWS tag names, and who owned it when that was last looked up. */
export interface IdentityOwner {
  entityRef: string;
  ownerRefs: string[];
}

interface OwnerRow extends RefColumns {
  entity_ref: string;
  owner_refs: string;
}

function toOwners(rows: OwnerRow[]): Map<string, IdentityOwner> {
  return new Map(
    rows.map(row => [
      stringifyServiceAccountRef(toRef(row)),
      { entityRef: row.entity_ref, ownerRefs: fromJson(row.owner_refs) },
    ]),
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

  async set(
    ref: ServiceAccountRef,
    owner: IdentityOwner,
    tx: Knex = this.#knex,
  ) {
    await tx('owners')
      .insert({
        ...whereRef(ref),
        entity_ref: owner.entityRef,
        owner_refs: JSON.stringify(owner.ownerRefs),
        updated_at: this.#now(),
      })
      .onConflict(['cluster', 'namespace', 'service_account'])
      .merge();
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
  ): Promise<Map<string, IdentityOwner>> {
    const found = new Map<string, IdentityOwner>();
    for (const part of inParts(refs)) {
      const rows: OwnerRow[] = await whereRefs(
        this.#knex('owners'),
        part,
      ).select('*');
      for (const [key, owner] of toOwners(rows)) found.set(key, owner);
    }
    return found;
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
