import type { Expected } from './expected';
import { setSessionTags } from './sessionTags';

const TRUST = { cause: 'role.trust-policy', status: 'broken' } as const;
const INJECTED = {
  cause: 'workloads.injected',
  status: 'restart-needed',
} as const;
const ANSWERS = {
  cause: 'credentials.agent-answers',
  status: 'broken',
} as const;
const EKS_AUTH_PATH = {
  cause: 'cluster.eks-auth-path',
  status: 'broken',
} as const;
const HEALTHY = { cause: 'agent.healthy', status: 'broken' } as const;

type Deed = Extract<Expected['repair'], Function>;

/** A deed of others, with its name in the past tense. */
const byOthers =
  (deed: (...given: Parameters<Deed>) => unknown, name: string): Deed =>
  async given => {
    await deed(given);
    return name;
  };

/** Of the agent, its nodes and the cluster around them. */
export const OF_NODES: Record<string, Expected> = {
  'agent-without-credentials': {
    ...ANSWERS,
    says: /the instance has no instance profile/,
  },
  'agent-without-imds': {
    ...ANSWERS,
    says: /metadata service does not answer/,
  },
  'eks-auth-not-reached': {
    ...ANSWERS,
    says: /there is no endpoint for com\.amazonaws\.eu-west-1\.eks-auth/,
  },
  'eks-auth-unknown-host': {
    ...ANSWERS,
    says: /without the VPC endpoint com\.amazonaws\.eu-west-1\.eks-auth/,
  },
  'node-role-without-eks-auth': {
    ...EKS_AUTH_PATH,
    says: /The role of node group general is not allowed to call eks-auth/,
  },
  'node-group-without-eks-auth': {
    ...EKS_AUTH_PATH,
    says: /The role of node group old is not allowed to call eks-auth/,
  },
  'node-in-reach': { ...INJECTED, says: /run without the identity/ },
  'agent-kept-off-nodes': { ...HEALTHY, says: /nodeSelector of DaemonSet/ },
  'agent-image-not-pulled': { ...HEALTHY, says: /cannot pull its image/ },
  'agent-not-created': { ...HEALTHY, says: /reports ConfigurationConflict/ },
  'agent-does-not-answer': {
    ...ANSWERS,
    says: /takes the connection and does not answer in time/,
    repair: byOthers(
      ({ world, ref }) => world.sandbox.cluster(ref.cluster).setAgent('normal'),
      'restarted the agent',
    ),
    why: 'From outside, a hanging agent looks as one whose packets to EKS Auth are dropped.',
  },
  'agent-refuses-token': {
    ...ANSWERS,
    says: /does not accept the pod's token/,
    repair: byOthers(
      ({ world, ref }) => world.sandbox.cluster(ref.cluster).setAgent('normal'),
      'took the proxy away that changed the header',
    ),
    why: 'What changes the header on the way is nothing that AWS or Kubernetes shows.',
  },
  'eks-auth-refuses': {
    ...ANSWERS,
    says: /refuses the connection: a firewall/,
    repair: byOthers(
      ({ world, ref }) =>
        world.sandbox.cluster(ref.cluster).setEksAuthPath('open'),
      'opened the firewall',
    ),
    why: 'The owner of the firewall or proxy has to let the nodes through.',
  },
  'agent-hidden-and-trust-wrong': { ...TRUST, says: /allows sts:TagSession/ },
  'cluster-on-outpost': {
    cause: 'cluster.supported',
    status: 'broken',
    says: /runs on AWS Outposts, where Pod Identity does not exist/,
    repair: 'none',
    why: 'AWS does not offer Pod Identity there; IRSA is the way.',
    ends: 'broken',
  },
  'cluster-failed': {
    cause: 'cluster.active',
    status: 'broken',
    says: /is FAILED: its creation failed/,
    repair: 'none',
    why: 'EKS does not repair a cluster whose creation failed; it has to be recreated.',
    ends: 'broken',
  },
  'cluster-updating': {
    status: 'verified',
    says: /obtained the role payments-ledger/,
    repair: 'none',
    why: 'An update of the control plane keeps no pod from its credentials.',
  },
  'platform-too-old': {
    cause: 'cluster.supported',
    status: 'broken',
    says: /Platform eks\.3 of Kubernetes 1\.28 is too old/,
    repair: byOthers(
      ({ world, ref }) =>
        world.sandbox.aws.eks.updateCluster(ref.cluster, {
          version: '1.33',
          platformVersion: 'eks.16',
        }),
      'upgraded the cluster',
    ),
    why: 'The owner of the cluster plans its upgrade, with nodes and add-ons.',
  },
  'agent-without-ipv6': { ...HEALTHY, says: /its node has IPv6 disabled/ },
  'agent-port-in-use': {
    ...HEALTHY,
    says: /address already in use/,
    repair: byOthers(
      ({ world, ref }) =>
        world.sandbox.cluster(ref.cluster).setAgentPort('free'),
      'moved the program that had port 80',
    ),
    why: 'The report lists the pods that may have the port; their owner decides which one goes where.',
  },
  'agent-port-taken': { ...HEALTHY, says: /waits for a port of its node/ },
  'pods-on-hybrid-node': {
    cause: 'agent.on-node',
    status: 'broken',
    says: /Hybrid nodes have an agent DaemonSet of their own/,
  },
  'agent-degraded': {
    status: 'verified',
    says: /DEGRADED, although all its pods are ready/,
    repair: 'none',
    why: 'All pods have the identity; EKS looks at its add-on again by itself.',
  },
  'session-too-large': {
    ...ANSWERS,
    says: /The session is too large for AWS: .*consumes \d+% of allotted space/,
    repair: setSessionTags(false),
  },
};
