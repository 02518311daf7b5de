import type { CredentialRole } from '../../clusters/types';
import { capitalised } from '../../text/capitalised';
import type { Voice } from '../../text/voice';

/** Anchors of the sections of docs/permissions.md with the rules of each role. */
export const RBAC_SECTIONS: Record<CredentialRole, string> = {
  read: 'kubernetes-reading',
  verify: 'kubernetes-verifying',
  write: 'kubernetes-changing',
};

/** AWS permission that a read needs, and its resource. */
export interface AwsRight {
  action: string;
  resource: string;
}

/** Kubernetes permission that a read needs; cluster-wide without a namespace. */
export interface KubernetesRight {
  verb: string;
  resource: string;
  group?: string;
  namespace?: string;
  /** The role of the portal that lacks it; `read` where nothing else is said. */
  role?: CredentialRole;
  /** Name of the object, if the rule can be limited to it. */
  name?: string;
}

/** `The portal is not allowed to list pods in namespace shop`: without a full stop. */
export function refusalOf(
  { verb, resource, namespace }: KubernetesRight,
  { me }: Voice,
): string {
  return `${capitalised(me)} is not allowed to ${verb} ${resource} ${
    namespace ? `in namespace ${namespace}` : 'in the cluster'
  }`;
}
