import type { CheckContext, CheckInput, Outcome } from '../framework/check';
import type { Association } from '../../aws/association';
import { nameOfArn } from '../../aws/arn';
import type { Role } from '../../aws/role';
import { voiceOf } from '../../text/voice';
import type { CheckId } from '../framework/checkIds';
import { type Fact, valueOf } from '../framework/fact';
import { isSpreading } from '../framework/lag';
import type { FactTypes } from '../framework/facts';
import type { NodeFact } from '../framework/facts/agent';
import type { NodeRoleFact } from '../framework/facts/cluster';
import type { PodRunFact } from '../framework/facts/probe';
import { explainAgentFault } from './agentFaults';
import type { NodeInstance } from './nodeInstance';
import { explainRoleRefused } from './roleRefused';
import { explainSessionTooBig } from './sessionTooBig';
import type { AgentFault, AgentReading } from './agentErrors';

/** Faults whose likeliest cause is an agent that is not ready. */
const OF_THE_NODE: AgentFault[] = [
  'connect-timeout',
  'refused',
  'read-timeout',
];

/** By fault, the checks that look at its causes themselves. */
const SUSPECTS: Partial<Record<AgentFault, readonly CheckId[]>> = {
  'no-association': ['association.exists'],
  'node-role-denied': ['cluster.eks-auth-path'],
  'eks-auth-unreachable': ['cluster.eks-auth-path'],
  'agent-without-credentials': ['cluster.eks-auth-path'],
  'no-credentials': ['admission.injects'],
  'other-provider': ['service-account.irsa'],
  ...Object.fromEntries(
    OF_THE_NODE.map(fault => [
      fault,
      ['agent.installed', 'agent.on-node', 'agent.healthy'],
    ]),
  ),
};
const NETWORK: CheckId = 'workloads.network';
const OF_THE_ROLE: CheckId[] = [
  'role.trust-policy',
  'role.exists',
  'role.target',
];

/** EKS has the association, and its agents might not know it yet. */
const isNew = (
  association: Association | undefined,
  { changedAt, now }: CheckContext,
) => association !== undefined && isSpreading({ association, changedAt }, now);

/** What explains that a pod got no credentials. */
export const ANSWER_FACTS = [
  'egressPolicies',
  'association',
  'role',
  'rolePolicies',
  'targetRole',
  'pods',
  'agentPods',
  'nodes',
  'nodeRoles',
  'cluster',
  'vpcEndpoints',
] as const;

export type AnswerFacts = CheckInput<never, (typeof ANSWER_FACTS)[number]>;

/** Why a pod got no credentials, and what to do. */
export function unanswered(
  reading: Exclude<AgentReading, { kind: 'answered' }>,
  run: PodRunFact,
  facts: AnswerFacts,
  context: CheckContext,
): Outcome {
  const association = valueOf(facts.association) ?? undefined;
  if (reading.kind === 'role-refused') {
    return {
      ...explainRoleRefused(
        {
          role: valueOf(facts.role),
          association,
          target: valueOf(facts.targetRole) ?? undefined,
          inline: valueOf(facts.rolePolicies)?.inline ?? [],
          pods: facts.pods,
          text: reading.text,
          status: reading.status,
        },
        context,
      ),
      attempts: run.attempts,
      agentAnswered: reading.status !== undefined,
      explainedBy: { oneOf: OF_THE_ROLE, place: 'role' },
      ...onNode(run.nodeName),
    };
  }
  if (reading.kind === 'session-too-big') {
    return {
      ...explainSessionTooBig(
        {
          text: reading.text,
          status: reading.status,
          association,
          role: valueOf(facts.role) ?? undefined,
          target: targetOf(facts.targetRole),
        },
        context,
      ),
      attempts: run.attempts,
      agentAnswered: reading.status !== undefined,
      explainedBy: { place: 'association' },
      ...onNode(run.nodeName),
    };
  }
  const doubts: string[] = [];
  const policies = valueOf(facts.egressPolicies)?.policies ?? [];
  const egressPolicies = policies.some(one => one.allowsAgent) ? [] : policies;
  if (OF_THE_NODE.includes(reading.kind)) {
    const node = valueOf(facts.nodes)?.find(one => one.name === run.nodeName);
    const ready = valueOf(facts.agentPods)?.some(
      pod => pod.nodeName === run.nodeName && pod.ready,
    );
    if (ready === false && node?.computeType !== 'auto') {
      doubts.push('No agent pod is ready on that node.');
    }
  }
  return {
    ...explainAgentFault(reading.kind, {
      namespace: context.ref.namespace,
      serviceAccount: context.ref.serviceAccount,
      clusterName: context.cluster.name,
      region: context.cluster.region,
      nodeName: run.nodeName,
      instance: instanceOf(
        run.nodeName,
        valueOf(facts.nodes) ?? [],
        valueOf(facts.nodeRoles) ?? [],
        context.cluster.region,
      ),
      voice: voiceOf(context.cluster),
      text: reading.text,
      status: reading.status,
      principal: reading.principal,
      egressPolicies,
      doubts,
      path: {
        config: context.cluster,
        cluster: valueOf(facts.cluster),
        endpoints: valueOf(facts.vpcEndpoints),
      },
    }),
    ...(reading.kind === 'no-association' && isNew(association, context)
      ? { settling: true }
      : {}),
    attempts: run.attempts,
    agentAnswered: reading.status !== undefined,
    explainedBy: {
      oneOf: [
        ...(egressPolicies.length ? [NETWORK] : []),
        ...(SUSPECTS[reading.kind] ?? []),
      ],
      ...(reading.kind === 'no-association' ? { place: 'association' } : {}),
    },
    ...onNode(run.nodeName),
  };
}

function targetOf(fact: Fact<FactTypes['targetRole']>): Role | undefined {
  const target = valueOf(fact);
  return (target && valueOf(target.role)) ?? undefined;
}

function instanceOf(
  nodeName: string | undefined,
  nodes: readonly NodeFact[],
  roles: readonly NodeRoleFact[],
  region: string,
): NodeInstance {
  const node = nodes.find(({ name }) => name === nodeName);
  const role = roles.find(({ nodegroups }) =>
    nodegroups.includes(node?.nodegroup ?? ''),
  );
  return {
    region,
    nodeName,
    instanceId: node?.instanceId,
    roleName: role && nameOfArn(role.arn),
  };
}

function onNode(name: string | undefined): Pick<Outcome, 'resource'> {
  return name ? { resource: { kind: 'node', name } } : {};
}
