import type { ClusterAccess } from 'backstage-plugin-eks-pod-identity-common';
import type { AccessRequest } from './asking';
import { collectAccess } from './collect';
import { judgeAccess } from './judge';

export type { AccessRequest, AccessSeen } from './asking';

/**
 * Every AWS identity of a cluster, by whatever road, and what stands between each and Pod Identity. It only reads; what
 * could not be read is among the gaps.
 *
 * @throws when the cluster itself cannot be described, or the signal aborts
 * @public
 */
export async function lookAtAccess(
  request: AccessRequest,
): Promise<ClusterAccess> {
  return judgeAccess(await collectAccess(request), request.clock.now());
}
