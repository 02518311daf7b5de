import type {
  PermissionCheck,
  ProbeLevel,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { hashOf } from './canonical';

/** What makes two verifications ask the same; who asks, and for how long, does not matter. */
export interface KeyedRequest {
  ref: ServiceAccountRef;
  /** Default: `pod`. */
  probe?: ProbeLevel;
  expectedRoleArn?: string;
  permissionChecks?: PermissionCheck[];
}

/** Equal for verifications that ask the same. Stored with reports, so it must not change. */
export function requestKey(request: KeyedRequest): string {
  const { cluster, namespace, serviceAccount } = request.ref;
  return hashOf({
    cluster,
    namespace,
    serviceAccount,
    probe: request.probe ?? 'pod',
    expectedRoleArn: request.expectedRoleArn,
    permissionChecks: request.permissionChecks ?? [],
  });
}
