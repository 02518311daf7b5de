import type { IdentityStatus } from 'backstage-plugin-eks-pod-identity-common';
import {
  type AssociationColumns,
  type KnownAssociation,
  toKnownAssociation,
} from './associationColumns';
import type { SortedRow } from './fleetSort';
import { type Memory, UNSEEN } from './ServiceAccountStore';
import { fromOptionalJson, toOptionalMs } from './values';

/** One row of the fleet page before entity names are known. */
export interface FleetRow extends KnownAssociation {
  entityRef?: string;
  /** Only its annotation says so. */
  claimed: boolean;
  status: IdentityStatus;
  headline: string;
  notes?: number;
  replaced?: Memory['replaced'];
  provenAt?: number;
  changedSince?: 'proof' | 'failure';
  lookedAt?: number;
  usedAt?: number;
  obtainedAt?: number;
  deniedAt?: number;
  irsaAt?: number;
  /** Whether IAM was asked for the last use. */
  roleWasRead: boolean;
}

/** As `FleetStore.page` selects it. */
export interface Row extends SortedRow, AssociationColumns {
  shown_entity_ref: string | null;
  status: IdentityStatus | null;
  headline: string | null;
  memory: string | null;
  proven_at: number | string | null;
  changed_since: 'proof' | 'failure' | null;
  looked_at: number | string | null;
  used_at: number | string | null;
  obtained_at: number | string | null;
  denied_at: number | string | null;
  irsa_at: number | string | null;
  role_read_at: number | string | null;
}

export function toFleetRow(row: Row): FleetRow {
  const memory = fromOptionalJson<Memory>(row.memory);
  return {
    ...toKnownAssociation(row),
    entityRef: row.shown_entity_ref ?? undefined,
    claimed: row.entity_ref === null && row.shown_entity_ref !== null,
    status: row.status ?? 'could-not-check',
    headline: row.headline ?? UNSEEN,
    notes: memory?.notes,
    replaced: memory?.replaced,
    provenAt: toOptionalMs(row.proven_at),
    changedSince: row.changed_since ?? undefined,
    lookedAt: toOptionalMs(row.looked_at),
    usedAt: toOptionalMs(row.used_at),
    obtainedAt: toOptionalMs(row.obtained_at),
    deniedAt: toOptionalMs(row.denied_at),
    irsaAt: toOptionalMs(row.irsa_at),
    roleWasRead: row.role_read_at !== null,
  };
}
