import type { Stage } from 'eks-sandbox';
import { useWorld } from '../world';
import { alarmsOf, type Healthy } from './healthy';

const egress = (stage: Stage, spec: Record<string, unknown>) =>
  stage.kube.apply({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'unusual', namespace: stage.namespace },
    spec: { podSelector: {}, ...spec },
  });

/** A DaemonSet of the agent that no add-on made, in its place. */
async function ownAgent(stage: Stage, namespace: string, name: string) {
  const AGENT = 'eks-pod-identity-agent';
  const { kube, aws, cluster } = stage;
  const set = kube.get('daemonsets', 'kube-system', AGENT)!;
  aws.eks.cluster(cluster).addons.delete(AGENT);
  await kube.delete('daemonsets', 'kube-system', AGENT);
  if (!kube.get('namespaces', undefined, namespace)) {
    await kube.apply({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    });
  }
  const labels = {
    'app.kubernetes.io/instance': name,
    'app.kubernetes.io/name': AGENT,
    'app.kubernetes.io/managed-by': 'Helm',
  };
  const { template } = set.spec;
  await kube.apply({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace, labels },
    spec: {
      ...set.spec,
      selector: { matchLabels: labels },
      template: { ...template, metadata: { labels } },
    },
  });
  await kube.waitFor(
    'daemonsets',
    namespace,
    name,
    one => one?.status?.numberReady === 3,
  );
}

describe('healthy', () => {
  const world = useWorld();

  it.each<Healthy>([
    {
      what: 'a NetworkPolicy that opens the way to the agent',
      make: stage =>
        egress(stage, {
          policyTypes: ['Egress'],
          egress: [
            {
              to: [{ ipBlock: { cidr: '169.254.170.23/32' } }],
              ports: [{ port: 80, protocol: 'TCP' }],
            },
            {
              ports: [
                { port: 443, protocol: 'TCP' },
                { port: 53, protocol: 'UDP' },
              ],
            },
          ],
        }),
    },
    {
      what: 'a NetworkPolicy that lets out everywhere',
      make: stage => egress(stage, { policyTypes: ['Egress'], egress: [{}] }),
    },
    {
      what: 'a NetworkPolicy for what comes in only',
      make: stage => egress(stage, { policyTypes: ['Ingress'], ingress: [] }),
    },
    {
      what: 'an agent of a Helm release with another name',
      make: stage => ownAgent(stage, 'kube-system', 'identity'),
    },
    {
      what: 'an agent in another namespace',
      make: stage => ownAgent(stage, 'aws-agents', 'our-agent'),
    },
    {
      what: 'Auto Mode, beside a managed node without agent',
      cluster: 'platform-auto',
      make: stage =>
        stage.changePods(({ spec }) => {
          spec.nodeSelector = { 'eks.amazonaws.com/compute-type': 'auto' };
        }),
    },
    {
      what: 'a node without agent where no pod of the workload runs',
      make: ({ kube }) =>
        kube.addNode({
          kind: 'windows',
          roleArn: 'arn:aws:iam::111122223333:role/payments-prod-nodes',
          labels: { 'kubernetes.io/os': 'windows' },
          taints: [{ key: 'os', value: 'windows', effect: 'NoSchedule' }],
        }),
    },
    {
      what: 'the annotation of IRSA left on the service account',
      make: async stage => {
        const { arn } = stage.aws.iam.putRole({ name: 'ledger-irsa' });
        await stage.kube.change(
          'serviceaccounts',
          stage.namespace,
          stage.name,
          ({ metadata }) => {
            metadata.annotations = { 'eks.amazonaws.com/role-arn': arn };
          },
        );
        await stage.restart();
      },
    },
    {
      what: 'no token of the API in pods',
      make: stage =>
        stage.changePods(({ spec }) => {
          spec.automountServiceAccountToken = false;
        }),
    },
    {
      what: 'Pod Security restricted',
      make: async stage => {
        await stage.changePods(({ spec }) => {
          spec.securityContext = {
            runAsNonRoot: true,
            runAsUser: 1000,
            seccompProfile: { type: 'RuntimeDefault' },
          };
          for (const container of spec.containers) {
            container.securityContext = {
              allowPrivilegeEscalation: false,
              capabilities: { drop: ['ALL'] },
            };
          }
        });
        await stage.kube.setPodSecurity(stage.namespace, 'restricted');
      },
    },
    {
      what: 'a ResourceQuota with room',
      make: ({ kube, namespace }) =>
        kube.apply({
          apiVersion: 'v1',
          kind: 'ResourceQuota',
          metadata: { name: 'wide', namespace },
          spec: { hard: { pods: '50', 'limits.cpu': '40' } },
        }),
    },
    {
      what: 'tainted nodes that the workload tolerates',
      make: async stage => {
        await stage.changePods(({ spec }) => {
          spec.tolerations = [{ key: 'dedicated', operator: 'Exists' }];
        });
        await stage.kube.taint([
          { key: 'dedicated', value: 'payments', effect: 'NoSchedule' },
        ]);
      },
    },
    {
      what: 'a mesh that adds a sidecar',
      make: async stage => {
        stage.kube.addSidecarInjector();
        await stage.restart();
      },
    },
    {
      what: 'a cluster in an update',
      make: ({ aws, cluster }) =>
        aws.eks.updateCluster(cluster, { status: 'UPDATING' }),
    },
    {
      what: 'a private cluster with the endpoints',
      make: ({ aws, cluster }) => {
        aws.eks.updateCluster(cluster, { endpointPublicAccess: false });
        for (const service of ['eks-auth', 'sts']) {
          aws.ec2.putVpcEndpoint({ cluster, service });
        }
      },
    },
    {
      what: 'a private cluster whose nodes have another way out',
      onlyAPodProves: true,
      make: ({ aws, cluster }) =>
        aws.eks.updateCluster(cluster, { endpointPublicAccess: false }),
    },
    {
      what: 'session policy and tags off',
      make: async stage => {
        stage.updateAssociation({
          disableSessionTags: true,
          policy: JSON.stringify({
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
          }),
        });
        await stage.restart();
      },
    },
  ])('$what', async healthy => {
    expect(await alarmsOf(world(), healthy)).toEqual([]);
  });
});
