import {
  PermissionCheck,
  ProbeLevel,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { hashOf } from './canonical';

/** What a verification asks; the time limit and who asks do not matter. */
export interface Question {
  ref: ServiceAccountRef;
  probe?: ProbeLevel;
  expectedRoleArn?: string;
  permissionChecks?: PermissionCheck[];
}

/** Equal for verifications that ask the same. */
export function questionHash(question: Question): string {
  const { cluster, namespace, serviceAccount } = question.ref;
  return hashOf({
    cluster,
    namespace,
    serviceAccount,
    probe: question.probe ?? 'pod',
    expectedRoleArn: question.expectedRoleArn,
    permissionChecks: question.permissionChecks ?? [],
  });
}
