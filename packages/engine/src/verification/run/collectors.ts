import { principalArn } from '../../aws/principal';
import { collectAdmission, collectDryRuns } from '../admission/dryRuns';
import { collectOwnDryRuns } from '../workloads/ownDryRuns';
import {
  collectAssociation,
  collectExpected,
  collectNearby,
} from '../association/awsAssociation';
import { collectAddon, collectCluster } from '../cluster/awsCluster';
import { collectNodegroups } from '../cluster/awsNodegroups';
import { collectNodeRoles } from '../cluster/awsNodeRoles';
import {
  collectInlinePolicies,
  collectNamesake,
  collectRole,
  collectRolePolicies,
  collectTargetRole,
} from '../role/awsRole';
import { collectRoleLimits } from '../role/roleLimits';
import { collectVpcEndpoints } from '../cluster/awsVpcEndpoints';
import { collectCni } from '../workloads/cni';
import type { Collectors } from '../framework/collecting';
import { collectEvidence } from '../workloads/evidence';
import { collectNodeReach } from '../workloads/nodeReach';
import { known } from '../framework/fact';
import {
  collectAgentDaemonSets,
  collectAgentPods,
  collectNodes,
} from '../agent/kubernetesAgent';
import {
  collectFailedPods,
  collectNamespace,
  collectPodRights,
  collectPods,
  collectServiceAccount,
  collectWebhook,
} from '../workloads/kubernetesWorkload';
import {
  collectEgressPolicies,
  collectNetworkPolicies,
  collectGotThrough,
} from '../workloads/networkPolicies';
import { collectMayRun, collectMayTest } from '../access/probeRights';
import { collectGroupRuns } from '../credentials/groupRuns';
import { collectUsedAsItIs } from './usedAsItIs';
import { collectPodRun } from '../credentials/podRun';
import { collectStrays } from '../workloads/strays';
import { collectWorkloads } from '../workloads/workloads';
import { collectRulings } from '../permissions/rulings';

/** How each fact is collected. */
export const collectors: Collectors = {
  principal: async ({ read, signal }) =>
    known((await principalArn(read, signal)) ?? null),
  cluster: collectCluster,
  addon: collectAddon,
  agentDaemonSets: collectAgentDaemonSets,
  agentPods: collectAgentPods,
  nodes: collectNodes,
  nodegroups: collectNodegroups,
  nodeRoles: collectNodeRoles,
  nodeReach: collectNodeReach,
  vpcEndpoints: collectVpcEndpoints,
  association: collectAssociation,
  nearby: collectNearby,
  expected: collectExpected,
  role: collectRole,
  namesake: collectNamesake,
  rolePolicies: collectRolePolicies,
  inlinePolicies: collectInlinePolicies,
  roleLimits: collectRoleLimits,
  targetRole: collectTargetRole,
  namespace: collectNamespace,
  serviceAccount: collectServiceAccount,
  pods: collectPods,
  failedPods: collectFailedPods,
  strays: collectStrays,
  webhook: collectWebhook,
  workloads: collectWorkloads,
  podRights: collectPodRights,
  mayRun: collectMayRun,
  mayTest: collectMayTest,
  dryRuns: collectDryRuns,
  admission: collectAdmission,
  ownDryRuns: collectOwnDryRuns,
  podRun: collectPodRun,
  groupRuns: collectGroupRuns,
  rulings: collectRulings,
  evidence: collectEvidence,
  cni: collectCni,
  networkPolicies: collectNetworkPolicies,
  egressPolicies: collectEgressPolicies,
  gotThrough: collectGotThrough,
  usedAsItIs: collectUsedAsItIs,
};
