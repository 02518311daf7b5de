import { nameOfArn } from '../../aws/arn';
import type { ClusterConfig } from '../../clusters/types';
import { bash, type Command } from '../../text/bash';
import type { Outcome } from '../framework/check';
import { defineCheck, note, pass, unknown, warn } from '../framework/check';
import { valueOf } from '../framework/fact';
import type { NodeFact } from '../framework/facts/agent';
import type { NodeRoleFact } from '../framework/facts/cluster';
import type { PodFact } from '../framework/facts/workloads';
import { lackOutcome } from '../access/lackOutcome';
import { letNodesAsk } from './nodeRoleFix';
import {
  describeEndpointsCommand,
  judgeVpcEndpoints,
} from './vpcEndpointFixes';

/** If the portal lacks the right, a person who has it can run the command instead. */
function withCommand(outcome: Outcome, { text }: Command): Outcome {
  if (!outcome.fix) return outcome;
  const actions = [...outcome.fix.actions, `Or look yourself: ${text}`];
  return { ...outcome, fix: { ...outcome.fix, actions } };
}

/** Running pods on nodes with one of these roles. */
function podsUnder(
  roles: readonly NodeRoleFact[],
  pods: readonly PodFact[],
  nodes: readonly NodeFact[],
): PodFact[] {
  const byName = new Map(nodes.map(node => [node.name, node]));
  return pods.filter(pod => {
    const node = byName.get(pod.nodeName ?? '');
    return roles.some(role =>
      node?.nodegroup
        ? role.nodegroups.includes(node.nodegroup)
        : role.auto && node?.computeType === 'auto',
    );
  });
}

function lackingRoles(
  lacking: readonly NodeRoleFact[],
  pods: readonly PodFact[],
  nodes: readonly NodeFact[],
  config: ClusterConfig,
): Outcome {
  const affected = podsUnder(lacking, pods, nodes);
  // The probe runs on one node only: what it proves says nothing about a node with another role.
  const say = affected.length ? warn : note;
  return say(
    `The role of ${lacking
      .map(role => role.of)
      .join(
        ' and ',
      )} is not allowed to call eks-auth:AssumeRoleForPodIdentity, so ${
      affected.length
        ? `${affected.length} of ${pods.length} running pods get no credentials there`
        : 'pods there get no credentials'
    }.`,
    {
      lacking: [{ how: 'identity', pods: affected.map(({ name }) => name) }],
      observed: lacking.map(role => role.arn).join(', '),
      resource: { kind: 'role', name: lacking[0].arn },
      fix: {
        cause: 'The agent asks EKS Auth with the role of its node.',
        ...letNodesAsk(
          lacking.map(({ arn, auto }) => ({ name: nameOfArn(arn), auto })),
          config,
        ),
      },
    },
  );
}

/**
 * Of the network it checks only endpoints, and only of private-only clusters: routes, NAT and proxies would need many
 * more rights, and a probe pod tests them better.
 */
export const clusterEksAuthPath = defineCheck({
  id: 'cluster.eks-auth-path',
  category: 'cluster',
  title: 'Nodes can reach EKS Auth',
  question:
    'Can the nodes reach eks-auth and sts, and may their role call eks-auth:AssumeRoleForPodIdentity?',
  neededBy: [],
  dependsOn: [{ check: 'cluster.active', onlyWhenFailed: true }],
  needs: ['cluster'],
  uses: ['nodeRoles', 'vpcEndpoints', 'pods', 'nodes'],
  evaluate(
    { cluster, nodeRoles, vpcEndpoints, pods, nodes },
    { cluster: config },
  ) {
    // A cluster that does not exist has failed cluster.active.
    if (!cluster) throw new Error('There is no cluster to judge');
    const lacking = nodeRoles.known
      ? nodeRoles.value.filter(role => role.mayAskEksAuth === 'no')
      : [];
    if (lacking.length) {
      return lackingRoles(
        lacking,
        valueOf(pods) ?? [],
        valueOf(nodes) ?? [],
        config,
      );
    }
    let network = 'The cluster is not private-only';
    let observed: string[] = [];
    if (!cluster.endpointPublicAccess) {
      const vpcId = cluster.vpcId ?? '';
      if (!vpcEndpoints.known) {
        return withCommand(
          lackOutcome(vpcEndpoints.lack, config),
          describeEndpointsCommand(config.region, vpcId, bash` `),
        );
      }
      const judged = judgeVpcEndpoints(vpcEndpoints.value, cluster, config);
      if ('trouble' in judged) return judged.trouble;
      network = `The cluster is private-only, its VPC ${vpcId} has endpoints for ${judged.serving
        .map(({ service, id }) => `${service} (${id})`)
        .join(' and ')}`;
      observed = judged.serving.map(({ id }) => id);
    }
    if (!nodeRoles.known) return lackOutcome(nodeRoles.lack, config);
    const open = nodeRoles.value.filter(
      role => role.mayAskEksAuth === 'unknown',
    );
    if (open.length) {
      return unknown(
        `Whether the role of ${open
          .map(role => role.of)
          .join(
            ' and ',
          )} may call eks-auth:AssumeRoleForPodIdentity depends on your own managed policies, which are not read.`,
        { observed: open.map(role => role.arn).join(', ') },
      );
    }
    return pass(`${network}, and the roles of its nodes may ask EKS Auth.`, {
      observed: [...observed, ...nodeRoles.value.map(role => role.arn)].join(
        ', ',
      ),
    });
  },
});
