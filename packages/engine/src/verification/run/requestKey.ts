import type {
  PermissionCheck,
  ProbeLevel,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { hashOf } from '../framework/canonical';

/** The options that make two verifications equal; caller and timeout do not matter. @public */
export interface KeyedRequest {
  ref: ServiceAccountRef;
  /** Default: `pod`. */
  probe?: ProbeLevel;
  expectedRoleArn?: string;
  permissionChecks?: PermissionCheck[];
  perNodeGroup?: boolean;
}

/** Equal for equal verifications. Stored with reports, so it must not change. @public */
export function requestKey(request: KeyedRequest): string {
  const { cluster, namespace, serviceAccount } = request.ref;
  return hashOf({
    cluster,
    namespace,
    serviceAccount,
    probe: request.probe ?? 'pod',
    expectedRoleArn: request.expectedRoleArn,
    permissionChecks: request.permissionChecks ?? [],
    // Keys from before it was there stay as they are
    ...(request.perNodeGroup ? { perNodeGroup: true } : {}),
  });
}
