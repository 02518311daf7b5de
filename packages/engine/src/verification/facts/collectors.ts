import { principalArn } from '../../aws/principal';
import { collectAdmission, collectDryRuns } from './admission';
import {
  collectAssociation,
  collectExpected,
  collectNearby,
} from './awsAssociation';
import { collectAddon, collectCluster } from './awsCluster';
import { collectNodeRoles } from './awsNodeRoles';
import { collectRole, collectRolePolicies, collectTargetRole } from './awsRole';
import { collectVpcEndpoints } from './awsVpcEndpoints';
import { collectCni } from './cni';
import type { Collectors } from './collecting';
import { collectEvidence } from './evidence';
import { known } from './fact';
import {
  collectAgentDaemonSets,
  collectAgentPods,
  collectNodes,
} from './kubernetesAgent';
import {
  collectFailedPods,
  collectNamespace,
  collectPodRights,
  collectPods,
  collectServiceAccount,
  collectWebhook,
} from './kubernetesWorkload';
import {
  collectEgressPolicies,
  collectNetworkPolicies,
} from './networkPolicies';
import { collectPodRun } from './podRun';
import { collectSources } from './sources';
import { collectStrays } from './strays';
import { collectRulings } from './rulings';

/** How each fact is collected. */
export const collectors: Collectors = {
  principal: async ({ read, signal }) =>
    known((await principalArn(read, signal)) ?? null),
  cluster: collectCluster,
  addon: collectAddon,
  agentDaemonSets: collectAgentDaemonSets,
  agentPods: collectAgentPods,
  nodes: collectNodes,
  nodeRoles: collectNodeRoles,
  vpcEndpoints: collectVpcEndpoints,
  association: collectAssociation,
  nearby: collectNearby,
  expected: collectExpected,
  role: collectRole,
  rolePolicies: collectRolePolicies,
  targetRole: collectTargetRole,
  namespace: collectNamespace,
  serviceAccount: collectServiceAccount,
  pods: collectPods,
  failedPods: collectFailedPods,
  strays: collectStrays,
  webhook: collectWebhook,
  sources: collectSources,
  podRights: collectPodRights,
  dryRuns: collectDryRuns,
  admission: collectAdmission,
  podRun: collectPodRun,
  rulings: collectRulings,
  evidence: collectEvidence,
  cni: collectCni,
  networkPolicies: collectNetworkPolicies,
  egressPolicies: collectEgressPolicies,
};
