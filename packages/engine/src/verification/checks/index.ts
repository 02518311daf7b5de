import {
  headingAnchor,
  type PermissionCheck,
} from 'backstage-plugin-eks-pod-identity-common';
import { type AnyCheck, type CheckInfo } from '../check';
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
import { permissionsObserved } from './permissionsObserved';
import { roleExists } from './roleExists';
import { rolePolicies } from './rolePolicies';
import { roleShared } from './roleShared';
import { roleTarget } from './roleTarget';
import { roleTrustPolicy } from './roleTrustPolicy';
import { serviceAccountExists } from './serviceAccountExists';
import { serviceAccountIrsa } from './serviceAccountIrsa';
import { serviceAccountOwn } from './serviceAccountOwn';
import { workloadsInjected } from './workloadsInjected';
import { workloadsNetwork } from './workloadsNetwork';
import { workloadsObtained } from './workloadsObtained';
import { workloadsServiceAccount } from './workloadsServiceAccount';
import { workloadsShadowed } from './workloadsShadowed';
import { workloadsStartUp } from './workloadsStartUp';
import { workloadsUnsupported } from './workloadsUnsupported';

/** In the order of the credential path; `PERMISSIONS_INFO` is the place of the checks that a request names. */
const PATH: readonly (AnyCheck | typeof PERMISSIONS_INFO)[] = [
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
  roleShared,
  associationExists,
  associationMatches,
  serviceAccountExists,
  serviceAccountIrsa,
  serviceAccountOwn,
  admissionInjects,
  credentialsAgentAnswers,
  credentialsIdentity,
  credentialsImds,
  PERMISSIONS_INFO,
  permissionsObserved,
  workloadsServiceAccount,
  workloadsInjected,
  workloadsObtained,
  workloadsShadowed,
  workloadsUnsupported,
  workloadsNetwork,
  workloadsStartUp,
];

/** Every check of a run, in the order of the credential path. */
export function checksFor(
  permissionChecks: readonly PermissionCheck[],
): AnyCheck[] {
  return PATH.flatMap(check =>
    'evaluate' in check ? [check] : permissionChecks.map(permissionCheckFor),
  );
}

function infoOf({
  id,
  category,
  title,
  question,
  neededBy,
}: Omit<CheckInfo, 'anchor'>): CheckInfo {
  return { id, category, title, question, anchor: headingAnchor(id), neededBy };
}

/** Metadata of every built-in check, in the path's order; `permissions.*` represents all permission checks. @public */
export const CHECKS: readonly CheckInfo[] = PATH.map(infoOf);
