import type {
  PermissionCheck,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import { type Holder, holderColumns, ofPresentHolder } from './holder';
import { whereRef } from './refs';
import { fromJson } from './values';

/** The permission checks that were last asked for of each identity. */
export class PermissionCheckStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Replaces those from before; none forgets them. */
  async set(
    ref: ServiceAccountRef,
    checks: readonly PermissionCheck[],
    holder: Holder | undefined,
    tx: Knex = this.#knex,
  ) {
    if (checks.length === 0) {
      await tx('permission_checks').where(whereRef(ref)).delete();
      return;
    }
    const values = {
      checks: JSON.stringify(checks),
      ...holderColumns(holder),
    };
    await tx('permission_checks')
      .insert({ ...whereRef(ref), ...values })
      .onConflict(['cluster', 'namespace', 'service_account'])
      .merge(values);
  }

  /** Those that were asked for the entity that has the identity now. */
  async find(ref: ServiceAccountRef): Promise<PermissionCheck[]> {
    const row = await ofPresentHolder(
      this.#knex('permission_checks').where(whereRef(ref)),
      this.#knex,
      'permission_checks',
    ).first('checks');
    return row ? fromJson(row.checks) : [];
  }
}
