import type { ServiceAccountRef } from 'backstage-plugin-eks-pod-identity-common';
import { type RefColumns, toRef } from './refs';

/** What every reader of the table of associations wants of a row. */
export interface KnownAssociation {
  ref: ServiceAccountRef;
  associationId: string;
  arn: string;
  owner: 'portal' | 'addon' | 'external';
  /** Undefined until it was described: List does not show it. */
  roleArn?: string;
  targetRoleArn?: string;
  orphan: boolean;
  drift: boolean;
  driftReason?: string;
}

export interface AssociationColumns extends RefColumns {
  association_id: string;
  arn: string;
  owner: KnownAssociation['owner'];
  role_arn: string | null;
  target_role_arn: string | null;
  entity_ref: string | null;
  orphan: boolean | number;
  drift: boolean | number;
  drift_reason: string | null;
}

export function toKnownAssociation(row: AssociationColumns): KnownAssociation {
  return {
    ref: toRef(row),
    associationId: row.association_id,
    arn: row.arn,
    owner: row.owner,
    roleArn: row.role_arn ?? undefined,
    targetRoleArn: row.target_role_arn ?? undefined,
    orphan: Boolean(row.orphan),
    drift: Boolean(row.drift),
    driftReason: row.drift_reason ?? undefined,
  };
}
