import {
  ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { Knex } from 'knex';
import type { Association } from 'eks-pod-identity-engine';
import {
  type AssociationColumns,
  type KnownAssociation,
  toKnownAssociation,
} from './associationColumns';
import { inParts, toRef, whereRef } from './refs';
import { fromOptionalJson, toMs, toOptionalMs } from './values';

/** An association as it was last seen. */
export interface ObservedAssociation extends KnownAssociation {
  /** Entity that our AWS tag names. */
  entityRef?: string;
  /** What Describe showed. */
  details?: Association;
  listedAt: number;
  describedAt?: number;
}

interface AssociationRow extends AssociationColumns {
  details: string | null;
  listed_at: number | string;
  described_at: number | string | null;
}

function toAssociation(row: AssociationRow): ObservedAssociation {
  return {
    ...toKnownAssociation(row),
    entityRef: row.entity_ref ?? undefined,
    details: fromOptionalJson(row.details),
    listedAt: toMs(row.listed_at),
    describedAt: toOptionalMs(row.described_at),
  };
}

function toRow(association: ObservedAssociation): AssociationRow {
  return {
    ...whereRef(association.ref),
    association_id: association.associationId,
    arn: association.arn,
    owner: association.owner,
    role_arn: association.roleArn ?? null,
    target_role_arn: association.targetRoleArn ?? null,
    entity_ref: association.entityRef ?? null,
    orphan: association.orphan,
    drift: association.drift,
    drift_reason: association.driftReason ?? null,
    details: association.details ? JSON.stringify(association.details) : null,
    listed_at: association.listedAt,
    described_at: association.describedAt ?? null,
  };
}

/** Associations as they were last seen; one row for each cluster and id. */
export class AssociationStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async upsert(associations: ObservedAssociation[], tx: Knex = this.#knex) {
    for (const part of inParts(associations, 50)) {
      await tx('associations')
        .insert(part.map(toRow))
        .onConflict(['cluster', 'association_id'])
        .merge();
    }
  }

  async ofCluster(cluster: string): Promise<ObservedAssociation[]> {
    const rows = await this.#knex<AssociationRow>('associations').where({
      cluster,
    });
    return rows.map(toAssociation);
  }

  /** By written ref; refs without an association are missing. */
  async findMany(
    refs: ServiceAccountRef[],
  ): Promise<Map<string, ObservedAssociation>> {
    const found = new Map<string, ObservedAssociation>();
    for (const part of inParts(refs)) {
      const rows = await this.#knex<AssociationRow>('associations').where(
        any => {
          for (const ref of part) any.orWhere(whereRef(ref));
        },
      );
      for (const row of rows) {
        found.set(stringifyServiceAccountRef(toRef(row)), toAssociation(row));
      }
    }
    return found;
  }

  /** Seen again by List; what was removed meanwhile stays removed. */
  async confirm(cluster: string, associationIds: string[], listedAt: number) {
    for (const part of inParts(associationIds, 200)) {
      await this.#knex('associations')
        .where({ cluster })
        .whereIn('association_id', part)
        .update({ listed_at: listedAt });
    }
  }

  /** What a sweep concluded of an association, and nothing else of it. */
  async mark(
    cluster: string,
    associationId: string,
    marks: { orphan?: boolean; drift?: boolean; driftReason?: string },
  ) {
    await this.#knex('associations')
      .where({ cluster, association_id: associationId })
      .update({
        ...('orphan' in marks ? { orphan: marks.orphan } : {}),
        ...('drift' in marks
          ? { drift: marks.drift, drift_reason: marks.driftReason ?? null }
          : {}),
      });
  }

  async remove(cluster: string, associationIds: string[], tx = this.#knex) {
    for (const part of inParts(associationIds, 200)) {
      await tx('associations')
        .where({ cluster })
        .whereIn('association_id', part)
        .delete();
    }
  }

  async removeRef(ref: ServiceAccountRef, tx: Knex = this.#knex) {
    await tx('associations').where(whereRef(ref)).delete();
  }
}
