import type {
  BackstageCredentials,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import { foldEntityRef } from 'backstage-plugin-eks-pod-identity-common';
import type { EngineConfig } from 'eks-pod-identity-engine';
import type { Claimant } from 'eks-pod-identity-engine/portal';
import type { StoredClaimant } from '../store/operationRecord';

/** What a user owns by, and whether app-config names them an administrator. */
export async function readClaimant(
  credentials: BackstageCredentials,
  userInfo: UserInfoService,
  { administrators }: Pick<EngineConfig, 'administrators'>,
): Promise<StoredClaimant> {
  const { ownershipEntityRefs } = await userInfo.getUserInfo(credentials);
  const claims = ownershipEntityRefs.map(foldEntityRef);
  return {
    claims,
    isAdministrator: administrators.some(ref => claims.includes(ref)),
  };
}

/** A user as the engine judges them. */
export function toClaimant(stored: StoredClaimant): Claimant {
  return {
    ...stored,
    claims: new Set(stored.claims),
    mayUpdate: new Set(stored.mayUpdate),
  };
}
