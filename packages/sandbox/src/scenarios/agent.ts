import { serviceTrust } from '../aws/direct/iam';
import { AGENT_ADDON } from '../aws/eks/addonLife';
import type { KubeObject } from '../kubernetes/types';
import { breaking, Scenario } from './scenario';
import { onEveryNode, type Stage } from './stage';

const SYSTEM = 'kube-system';

const agentPods = (kube: Stage['kube']) =>
  kube
    .list('pods', SYSTEM)
    .filter(
      ({ metadata }) =>
        metadata.labels?.['app.kubernetes.io/name'] === AGENT_ADDON,
    );

/** Changes the pods of the agent, and waits until those of the former template are gone. */
async function changeAgent(
  { kube }: Stage,
  mutate: (spec: KubeObject) => void,
): Promise<void> {
  await kube.change('daemonsets', SYSTEM, AGENT_ADDON, object => {
    mutate(object.spec.template.spec);
    // A roll-out would stop at the first pod that does not become ready.
    object.spec.updateStrategy = { type: 'OnDelete' };
  });
  for (const { metadata } of agentPods(kube)) {
    await kube.delete('pods', SYSTEM, metadata.name, { gracePeriodSeconds: 0 });
  }
}

async function removeAgent({ kube, aws, cluster }: Stage): Promise<void> {
  aws.eks.cluster(cluster).addons.delete(AGENT_ADDON);
  await removeDaemonSet({ kube });
}

async function removeDaemonSet({ kube }: Pick<Stage, 'kube'>): Promise<void> {
  await kube.delete('daemonsets', SYSTEM, AGENT_ADDON);
  for (const { metadata } of agentPods(kube)) {
    await kube.waitFor('pods', SYSTEM, metadata.name, pod => pod === undefined);
  }
}

/** The agent, its add-on, and what it needs on its node. */
export const agentScenarios: Record<string, Scenario> = {
  'agent-missing': breaking({
    rows: ['6'],
    description: 'Removes the add-on of the agent and its DaemonSet.',
    shows: 'The agent is not installed.',
    break: removeAgent,
  }),
  'agent-daemonset-deleted': breaking({
    rows: ['7', '8'],
    description: 'Deletes the DaemonSet of the agent; the add-on stays.',
    shows: 'The add-on is there, its DaemonSet is not.',
    break: removeDaemonSet,
  }),
  'agent-kept-off-nodes': breaking({
    rows: ['7'],
    description:
      'Gives the DaemonSet of the agent a node selector that no node matches.',
    shows: 'No node has an agent.',
    break: stage =>
      changeAgent(stage, spec => {
        spec.nodeSelector = { 'example.com/agent': 'yes' };
      }),
  }),
  'agent-image-not-pulled': breaking({
    rows: ['7'],
    description: 'Gives the agent an image that cannot be pulled.',
    shows: 'The agent does not start.',
    break: stage =>
      changeAgent(stage, spec => {
        spec.containers[0].image =
          'registry.invalid/mirror/eks-pod-identity-agent:0.1.37';
      }),
  }),
  'agent-not-created': breaking({
    rows: ['8'],
    description:
      'Installs the agent by hand, so that the add-on fails with a conflict.',
    shows: 'The add-on could not be created.',
    async break(stage) {
      const set = stage.kube.get('daemonsets', SYSTEM, AGENT_ADDON)!;
      await removeAgent(stage);
      await stage.aws.eks.putAddon(stage.cluster, {
        addonName: AGENT_ADDON,
        status: 'CREATE_FAILED',
        issues: [
          {
            code: 'ConfigurationConflict',
            message: `Conflicts found when trying to apply. Will not continue due to resolve conflicts mode. Conflicts: DaemonSet.apps ${AGENT_ADDON} - .spec.template.spec.containers`,
            resourceIds: [],
          },
        ],
      });
      await stage.kube.apply({
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: {
          name: AGENT_ADDON,
          namespace: SYSTEM,
          labels: { 'app.kubernetes.io/name': AGENT_ADDON },
        },
        spec: {
          ...set.spec,
          template: {
            ...set.spec.template,
            spec: {
              ...set.spec.template.spec,
              nodeSelector: { 'example.com/agent': 'yes' },
            },
          },
        },
      });
    },
  }),
  'agent-degraded': breaking({
    rows: ['8'],
    description:
      'Makes the add-on of the agent degraded although its pods are ready.',
    shows: 'The add-on is degraded; the identity works.',
    break: ({ aws, cluster }) =>
      aws.eks.setAddonHealth(cluster, AGENT_ADDON, {
        status: 'DEGRADED',
        lookAgainMs: 900_000,
        issues: [
          {
            code: 'InsufficientNumberOfReplicas',
            message:
              'The add-on is unhealthy because it has one or more unhealthy replicas.',
            resourceIds: [],
          },
        ],
      }),
  }),
  'agent-without-ipv6': breaking({
    rows: ['9'],
    description: 'Disables IPv6 on every node.',
    shows: 'The agent crashes.',
    break: ({ kube }) => kube.setAgentPort('no-ipv6'),
  }),
  'agent-port-in-use': breaking({
    rows: ['10'],
    description: 'Lets another program listen on port 80 of every node.',
    shows: 'The agent crashes.',
    break: ({ kube }) => kube.setAgentPort('in-use'),
  }),
  'agent-port-taken': breaking({
    rows: ['10'],
    description:
      'Runs an ingress that reserves port 80 of every node, so that the agent is not scheduled.',
    shows: 'The agent waits for a free port.',
    async break(stage) {
      const set = stage.kube.get('daemonsets', SYSTEM, AGENT_ADDON)!;
      await removeDaemonSet(stage);
      const ports = set.spec.template.spec.containers[0].ports.filter(
        ({ containerPort }: { containerPort: number }) => containerPort === 80,
      );
      await stage.kube.apply(
        onEveryNode('ingress', {
          image: 'registry.example.com/ingress:2.1',
          ports,
        }),
      );
      await stage.kube.waitFor(
        'daemonsets',
        SYSTEM,
        'ingress',
        one => one?.status?.numberReady > 0,
      );
      const { apiVersion, kind, spec, metadata } = set;
      await stage.kube.apply({
        apiVersion,
        kind,
        spec,
        metadata: {
          name: metadata.name,
          namespace: SYSTEM,
          labels: metadata.labels,
        },
      });
    },
  }),
  'agent-does-not-answer': breaking({
    rows: ['7'],
    description: 'Lets the agents take connections and never answer.',
    shows: 'The agent does not answer in time.',
    break: ({ kube }) => kube.setAgent('hang'),
  }),
  'agent-throttled': breaking({
    rows: ['19'],
    description: 'Lets the agents answer 429.',
    shows: 'EKS Auth limits requests; the identity is not disproved.',
    break: ({ kube }) => kube.setAgent('throttle'),
  }),
  'agent-refuses-token': breaking({
    rows: ['32'],
    description:
      'Lets the agents answer as to a program that sends "Bearer" before the token.',
    shows: 'The agent could not read the token.',
    break: ({ kube }) =>
      kube.setAgent({
        status: 400,
        body: 'Service account token cannot be parsed: token contains an invalid number of segments: illegal base64 data at input byte 6',
      }),
  }),
  'session-too-large': breaking({
    rows: ['36'],
    description:
      'Leaves sessions so little room that the session tags exceed it.',
    shows: 'The session is too large.',
    break: ({ aws }) => aws.set({ sessionBytes: 128 }),
  }),
  'eks-auth-not-reached': breaking({
    rows: ['18', 'E1'],
    description:
      'Drops the packets of every node to EKS Auth, as in private subnets without an endpoint.',
    shows: 'The agent takes the connection and has no answer in time.',
    break: ({ kube, aws, cluster }) => {
      aws.eks.updateCluster(cluster, { endpointPublicAccess: false });
      kube.setEksAuthPath('dropped');
      kube.blockAws('sts');
    },
  }),
  'eks-auth-refuses': breaking({
    rows: ['E2'],
    description: 'Lets connections of every node to EKS Auth be refused.',
    shows: 'The agent answers 500: connection refused.',
    break: ({ kube }) => kube.setEksAuthPath('refused'),
  }),
  'eks-auth-unknown-host': breaking({
    rows: ['18', 'E2'],
    description: 'Lets no node resolve the name of EKS Auth.',
    shows: 'The agent answers 500: no such host.',
    break: ({ kube }) => kube.setEksAuthPath('unknown-host'),
  }),
  'agent-without-credentials': breaking({
    rows: ['E3'],
    description: 'Takes the instance profile from every node.',
    shows: 'The agent has no credentials of its own.',
    break: ({ kube }) => kube.setNodeCredentials('no-instance-profile'),
  }),
  'agent-without-imds': breaking({
    rows: ['E3'],
    description: 'Keeps the agents from the metadata of their nodes.',
    shows: 'The agent has no credentials of its own.',
    break: ({ kube }) => kube.setNodeCredentials('no-imds'),
  }),
  'agent-hidden-and-trust-wrong': breaking({
    rows: ['E4'],
    description:
      'Gives the agent other names and labels, and takes sts:TagSession out of the trust policy.',
    shows: 'The agent answered; the trust policy is the cause.',
    async break(stage) {
      const set = stage.kube.get('daemonsets', SYSTEM, AGENT_ADDON)!;
      await removeAgent(stage);
      const labels = { app: 'identity-helper' };
      await stage.kube.apply({
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: { name: 'identity-helper', namespace: SYSTEM, labels },
        spec: {
          ...set.spec,
          selector: { matchLabels: labels },
          template: { ...set.spec.template, metadata: { labels } },
        },
      });
      const { arn } = stage.role();
      stage.aws.iam.updateRole(arn, {
        trust: serviceTrust('pods.eks.amazonaws.com'),
      });
    },
  }),
};
