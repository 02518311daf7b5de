import { ConflictError } from '@backstage/errors';
import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import type { TrustRecord, TrustRecords } from 'eks-pod-identity-engine';
import type { Knex } from 'knex';
import { type RefColumns, whereRef } from './refs';
import { fromJson } from './values';

/** Of what a row holds; a later form has a higher one. */
const VERSION = 1;

interface TrustRow extends RefColumns {
  role_arn: string;
  version: number;
  record: string;
}

/** What moves wrote into trust policies. Nothing of it goes by age: the statement may stand for as long as its role. */
export class MoveTrustStore implements TrustRecords {
  constructor(private readonly knex: Knex) {}

  async find(ref: ServiceAccountRef): Promise<TrustRecord[]> {
    const rows = await this.knex<TrustRow>('move_trusts')
      .where(whereRef(ref))
      .orderBy('role_arn');
    return rows.map(({ record, role_arn, version }) => {
      if (version === VERSION) return fromJson(record);
      throw new ConflictError(
        `What a move wrote into the trust policy of ${role_arn} was recorded by a later version of the portal. Use that version to move the service account or to roll it back`,
      );
    });
  }

  async put(ref: ServiceAccountRef, record: TrustRecord): Promise<void> {
    await this.find(ref);
    await this.knex<TrustRow>('move_trusts')
      .insert({
        ...whereRef(ref),
        role_arn: record.roleArn,
        version: VERSION,
        record: JSON.stringify(record),
      })
      .onConflict(['cluster', 'namespace', 'service_account', 'role_arn'])
      .merge();
  }

  async remove(ref: ServiceAccountRef, roleArn: string): Promise<void> {
    await this.find(ref);
    await this.knex<TrustRow>('move_trusts')
      .where({ ...whereRef(ref), role_arn: roleArn })
      .delete();
  }
}
