import { ConflictError } from '@backstage/errors';
import {
  MARK_TAGS,
  type MoveRecord,
  type ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { TrustRecord, TrustRecords } from 'eks-pod-identity-engine';
import type { Knex } from 'knex';
import { type RefColumns, toRef, whereRef } from './refs';
import { fromJson } from './values';

/** What of a record is left in its role. */
export const leftBy = ({
  statements,
  taken = [],
}: TrustRecord): Pick<MoveRecord, 'irsa' | 'ownStatement'> => ({
  ...(statements.length > 0 ? { ownStatement: 'added' } : {}),
  ...(taken.length > 0 ? { irsa: 'taken-out' } : {}),
});

/** Of what a row holds; a later form has a higher one. The second has what was taken out of IRSA. */
const versionOf = ({ taken = [] }: TrustRecord) => (taken.length > 0 ? 2 : 1);
const VERSIONS = [1, 2];

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
      if (VERSIONS.includes(version)) return fromJson(record);
      throw new ConflictError(
        `What a move wrote into the trust policy of ${role_arn} was recorded by a later version of the portal. Use that version to move the service account or to roll it back`,
      );
    });
  }

  /** All, as they are stored, also those of a later version. */
  async all(): Promise<MoveRecord[]> {
    const rows = await this.knex<TrustRow>('move_trusts').orderBy([
      'cluster',
      'namespace',
      'service_account',
      'role_arn',
    ]);
    return rows.map(row => {
      const record = fromJson<TrustRecord>(row.record);
      return {
        version: row.version,
        ref: toRef(row),
        roleArn: row.role_arn,
        record: { ...record },
        ...(VERSIONS.includes(row.version)
          ? {
              ...leftBy(record),
              since: record.at,
              entityRef: record.tags[MARK_TAGS.entityRef],
            }
          : {}),
      };
    });
  }

  /** By cluster, also of those that are configured no longer. */
  async counts(): Promise<Map<string, number>> {
    const rows = await this.knex('move_trusts')
      .groupBy('cluster')
      .select('cluster')
      .count<{ cluster: string; count: number | string }[]>({ count: '*' });
    return new Map(rows.map(row => [row.cluster, Number(row.count)]));
  }

  async put(ref: ServiceAccountRef, record: TrustRecord): Promise<void> {
    await this.find(ref);
    await this.knex<TrustRow>('move_trusts')
      .insert({
        ...whereRef(ref),
        role_arn: record.roleArn,
        version: versionOf(record),
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
