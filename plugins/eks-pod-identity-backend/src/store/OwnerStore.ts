import {
  parseServiceAccountRef,
  ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { Knex } from 'knex';
import { toRef, whereRef } from './refs';
import { fromJson } from './values';

/** Entity that our AWS tag names, and who owned it when that was last looked up. */
export interface IdentityOwner {
  entityRef: string;
  ownerRefs: string[];
}

interface OwnerRow {
  cluster: string;
  namespace: string;
  service_account: string;
  entity_ref: string;
  owner_refs: string;
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

  /** Refs of a cluster that have an owner. */
  async refsOfCluster(cluster: string): Promise<ServiceAccountRef[]> {
    const rows = await this.#knex<OwnerRow>('owners')
      .where({ cluster })
      .select('cluster', 'namespace', 'service_account');
    return rows.map(toRef);
  }

  async find(ref: ServiceAccountRef): Promise<IdentityOwner | undefined> {
    return (await this.findMany([ref])).get(stringifyServiceAccountRef(ref));
  }

  /** By written ref; refs without an owner are missing. */
  async findMany(
    refs: ServiceAccountRef[],
  ): Promise<Map<string, IdentityOwner>> {
    const found = new Map<string, IdentityOwner>();
    // Three variables a ref: stays far below what either database allows in one statement.
    for (let start = 0; start < refs.length; start += 100) {
      const part = refs.slice(start, start + 100);
      const rows = await this.#knex<OwnerRow>('owners').where(any => {
        for (const ref of part) any.orWhere(whereRef(ref));
      });
      for (const row of rows) {
        found.set(`${row.cluster}/${row.namespace}/${row.service_account}`, {
          entityRef: row.entity_ref,
          ownerRefs: fromJson(row.owner_refs),
        });
      }
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
