import type { PermissionCheck } from 'backstage-plugin-eks-pod-identity-common';
import { type AnyCheck, anchorOf, type CheckInfo } from '../check';
import { accessAws } from './accessAws';
import { accessKubernetes } from './accessKubernetes';
import { admissionInjects } from './admissionInjects';
import { agentHealthy } from './agentHealthy';
import { agentInstalled } from './agentInstalled';
import { agentOnNode } from './agentOnNode';
import { associationExists } from './associationExists';
import { associationMatches } from './associationMatches';
import { clusterActive } from './clusterActive';
import { clusterEksAuthPath } from './clusterEksAuthPath';
import { clusterSupported } from './clusterSupported';
import { credentialsAgentAnswers } from './credentialsAgentAnswers';
import { credentialsIdentity } from './credentialsIdentity';
import { credentialsImds } from './credentialsImds';
import { permissionCheckFor, PERMISSIONS_INFO } from './permissions';
import { roleExists } from './roleExists';
import { rolePolicies } from './rolePolicies';
import { roleTarget } from './roleTarget';
import { roleTrustPolicy } from './roleTrustPolicy';
import { serviceAccountExists } from './serviceAccountExists';
import { serviceAccountIrsa } from './serviceAccountIrsa';
import { workloadsInjected } from './workloadsInjected';
import { workloadsShadowed } from './workloadsShadowed';
import { workloadsUnsupported } from './workloadsUnsupported';

const BEFORE_PERMISSIONS: readonly AnyCheck[] = [
  accessAws,
  accessKubernetes,
  clusterActive,
  clusterSupported,
  clusterEksAuthPath,
  agentInstalled,
  agentHealthy,
  agentOnNode,
  roleExists,
  roleTrustPolicy,
  rolePolicies,
  roleTarget,
  associationExists,
  associationMatches,
  serviceAccountExists,
  serviceAccountIrsa,
  admissionInjects,
  credentialsAgentAnswers,
  credentialsIdentity,
  credentialsImds,
];

const AFTER_PERMISSIONS: readonly AnyCheck[] = [
  workloadsInjected,
  workloadsShadowed,
  workloadsUnsupported,
];

/** Every check of a run, in the order of the credential path. */
export function checksFor(
  permissionChecks: readonly PermissionCheck[],
): AnyCheck[] {
  return [
    ...BEFORE_PERMISSIONS,
    ...permissionChecks.map(permissionCheckFor),
    ...AFTER_PERMISSIONS,
  ];
}

function infoOf({
  id,
  category,
  title,
  question,
  anchor,
  neededBy,
}: CheckInfo) {
  return { id, category, title, question, anchor, neededBy };
}

/** Metadata of every built-in check, in the path's order; `permissions.*` stands for all of its kind. */
export const CHECKS: readonly CheckInfo[] = [
  ...BEFORE_PERMISSIONS.map(infoOf),
  { ...PERMISSIONS_INFO, anchor: anchorOf(PERMISSIONS_INFO.id) },
  ...AFTER_PERMISSIONS.map(infoOf),
];
