import { headingAnchor } from 'backstage-plugin-eks-pod-identity-common';
import { type AnyCheck, type CheckInfo } from '../framework/check';
import type { VerifyRequest } from '../framework/request';
import { accessAws } from '../access/aws';
import { accessKubernetes } from '../access/kubernetes';
import { admissionInjects } from '../admission/injects';
import { admissionOwnTemplates } from '../workloads/ownTemplates';
import { agentHealthy } from '../agent/healthy';
import { agentInstalled } from '../agent/installed';
import { agentOnNode } from '../agent/onNode';
import { associationExists } from '../association/exists';
import { associationMatches } from '../association/matches';
import { clusterActive } from '../cluster/active';
import { clusterEksAuthPath } from '../cluster/eksAuthPath';
import { clusterSupported } from '../cluster/supported';
import { credentialsAgentAnswers } from '../credentials/agentAnswers';
import { credentialsIdentity } from '../credentials/identity';
import { credentialsImds } from '../credentials/imds';
import { credentialsNodeGroups } from '../credentials/nodeGroups';
import { permissionCheckFor, PERMISSIONS_INFO } from '../permissions/tested';
import { permissionsObserved } from '../permissions/observed';
import { roleExists } from '../role/exists';
import { rolePolicies } from '../role/policies';
import { roleShared } from '../role/shared';
import { roleTarget } from '../role/target';
import { roleTrustPolicy } from '../role/trustPolicy';
import { serviceAccountExists } from '../serviceAccount/exists';
import { serviceAccountIrsa } from '../serviceAccount/irsa';
import { serviceAccountOwn } from '../serviceAccount/own';
import { workloadsInjected } from '../workloads/injected';
import { workloadsNetwork } from '../workloads/network';
import { workloadsObtained } from '../workloads/obtained';
import { workloadsServiceAccount } from '../workloads/serviceAccount';
import { workloadsShadowed } from '../workloads/shadowed';
import { workloadsStartUp } from '../workloads/startUp';
import { workloadsTemplates } from '../workloads/templates';
import { workloadsUnsupported } from '../workloads/unsupported';

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
  admissionOwnTemplates,
  credentialsAgentAnswers,
  credentialsIdentity,
  credentialsImds,
  credentialsNodeGroups,
  PERMISSIONS_INFO,
  permissionsObserved,
  workloadsServiceAccount,
  workloadsInjected,
  workloadsTemplates,
  workloadsObtained,
  workloadsShadowed,
  workloadsUnsupported,
  workloadsNetwork,
  workloadsStartUp,
];

/** Every check of a run, in the order of the credential path. */
export function checksFor({
  permissionChecks,
  asksAsBefore,
  perNodeGroup,
}: Pick<
  VerifyRequest,
  'permissionChecks' | 'asksAsBefore' | 'perNodeGroup'
>): AnyCheck[] {
  return PATH.filter(
    check => check !== credentialsNodeGroups || perNodeGroup,
  ).flatMap(check =>
    'evaluate' in check
      ? [check]
      : permissionChecks.map(one => permissionCheckFor(one, !asksAsBefore)),
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
