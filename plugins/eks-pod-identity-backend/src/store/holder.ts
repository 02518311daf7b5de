import { foldEntityRef } from 'backstage-plugin-eks-pod-identity-common';
import type { Knex } from 'knex';
import type { EntityRecord } from 'eks-pod-identity-engine/portal';
import { fromOptionalJson } from './values';

/**
 * The entity that an identity was made for when something about it was recorded. What is recorded stays with that entity:
 * the next one that gets the service account does not inherit it.
 */
export type Holder = EntityRecord;

/** The columns that name it. */
export interface HolderColumns {
  holder_ref: string | null;
  holder_uid: string | null;
  /** JSON. */
  holder_owners: string | null;
}

export function holderColumns(holder: Holder | undefined): HolderColumns {
  return {
    holder_ref: holder ? foldEntityRef(holder.entityRef) : null,
    holder_uid: holder?.uid || null,
    holder_owners: holder ? JSON.stringify(holder.ownerRefs) : null,
  };
}

export function toHolder(row: HolderColumns): Holder | undefined {
  return row.holder_ref === null
    ? undefined
    : {
        entityRef: row.holder_ref,
        uid: row.holder_uid ?? undefined,
        ownerRefs: fromOptionalJson(row.holder_owners) ?? [],
      };
}

/** Whether both are one entity. What was recorded before uids were has only the name. */
export function sameHolder(
  one: Holder | undefined,
  other: Holder | undefined,
): boolean {
  if (!one || !other) return one === other;
  return (
    foldEntityRef(one.entityRef) === foldEntityRef(other.entityRef) &&
    (!one.uid || !other.uid || one.uid === other.uid)
  );
}

/** Keeps what was recorded for the entity that has the identity now; where none has it, what was recorded for none. */
export function ofPresentHolder<Row extends {}, Result>(
  rows: Knex.QueryBuilder<Row, Result>,
  knex: Knex,
  table: string,
) {
  const owner = () =>
    knex('owners as h')
      .select(knex.raw('1'))
      .whereRaw('?? = ??', ['h.cluster', `${table}.cluster`])
      .whereRaw('?? = ??', ['h.namespace', `${table}.namespace`])
      .whereRaw('?? = ??', ['h.service_account', `${table}.service_account`]);
  const uid = `${table}.holder_uid`;
  return rows.andWhere(of => {
    of.whereExists(
      owner()
        .whereRaw('lower(??) = ??', ['h.entity_ref', `${table}.holder_ref`])
        .whereRaw('(?? is null or ?? is null or ?? = ??)', [
          'h.entity_uid',
          uid,
          'h.entity_uid',
          uid,
        ]),
    ).orWhere(none => {
      none.whereNull(`${table}.holder_ref`).whereNotExists(owner());
    });
  });
}
