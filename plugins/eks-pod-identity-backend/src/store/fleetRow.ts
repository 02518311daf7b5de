import type {
  IdentityStatus,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { SortedRow } from './fleetSort';
import { toRef } from './refs';
import { toOptionalMs } from './values';

/** One row of the fleet page before entity names are known. */
export interface FleetRow {
  ref: ServiceAccountRef;
  associationId: string;
  arn: string;
  owner: 'portal' | 'addon' | 'external';
  roleArn?: string;
  targetRoleArn?: string;
  entityRef?: string;
  /** Only its annotation says so. */
  claimed: boolean;
  orphan: boolean;
  drift: boolean;
  driftReason?: string;
  status: IdentityStatus;
  headline: string;
  provenAt?: number;
  lookedAt?: number;
  usedAt?: number;
  obtainedAt?: number;
  deniedAt?: number;
  irsaAt?: number;
  /** Whether IAM was asked for the last use. */
  roleWasRead: boolean;
}

/** As `FleetStore.page` selects it. */
export interface Row extends SortedRow {
  arn: string;
  owner: FleetRow['owner'];
  role_arn: string | null;
  target_role_arn: string | null;
  entity_ref: string | null;
  shown_entity_ref: string | null;
  orphan: boolean | number;
  drift: boolean | number;
  drift_reason: string | null;
  status: IdentityStatus | null;
  headline: string | null;
  proven_at: number | string | null;
  looked_at: number | string | null;
  used_at: number | string | null;
  obtained_at: number | string | null;
  denied_at: number | string | null;
  irsa_at: number | string | null;
  role_read_at: number | string | null;
}

export function toFleetRow(row: Row): FleetRow {
  return {
    ref: toRef(row),
    associationId: row.association_id,
    arn: row.arn,
    owner: row.owner,
    roleArn: row.role_arn ?? undefined,
    targetRoleArn: row.target_role_arn ?? undefined,
    entityRef: row.shown_entity_ref ?? undefined,
    claimed: row.entity_ref === null && row.shown_entity_ref !== null,
    orphan: Boolean(row.orphan),
    drift: Boolean(row.drift),
    driftReason: row.drift_reason ?? undefined,
    status: row.status ?? 'unverified',
    headline:
      row.headline ??
      'No verification and no sweep has looked at this identity yet.',
    provenAt: toOptionalMs(row.proven_at),
    lookedAt: toOptionalMs(row.looked_at),
    usedAt: toOptionalMs(row.used_at),
    obtainedAt: toOptionalMs(row.obtained_at),
    deniedAt: toOptionalMs(row.denied_at),
    irsaAt: toOptionalMs(row.irsa_at),
    roleWasRead: row.role_read_at !== null,
  };
}
