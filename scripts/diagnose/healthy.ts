import type { Manifest } from 'eks-sandbox';
import type { Stage } from '../../packages/sandbox/src/scenarios/stage';
import { SECOND_ACCOUNT } from '../../packages/sandbox/src/seed/accounts';

/** An unusual set-up in which the identity works. */
export interface Healthy {
  what: string;
  /** Default payments-prod. */
  cluster?: string;
  make(stage: Stage): unknown | Promise<unknown>;
  /** Without a pod nobody but AWS can tell: the report may say so. */
  onlyAPodProves?: true;
  /** The probe itself is refused or cannot run, while the workload works. */
  probeRefused?: true;
}

const SERVICE = { Service: 'pods.eks.amazonaws.com' };
const BOTH = ['sts:AssumeRole', 'sts:TagSession'];

type Statement = Record<string, unknown>;

const allow = (more: Statement = {}): Statement => ({
  Effect: 'Allow',
  Principal: SERVICE,
  Action: BOTH,
  ...more,
});

const trust =
  (...Statement: Statement[]) =>
  (stage: Stage) =>
    stage.aws.iam.updateRole(stage.role().arn, {
      trust: { Version: '2012-10-17', Statement } as never,
    });

const onlyIf = (Condition: Record<string, Record<string, unknown>>) =>
  trust(allow({ Condition }));

const tag = (name: string) => `aws:RequestTag/${name}`;

const APP = {
  name: 'app',
  image: 'registry.acme.example/payments/app:1.4.2',
  command: ['sleep', 'infinity'],
};

function workload(
  stage: Stage,
  kind: string,
  name: string,
  more: Record<string, unknown> = {},
): Manifest {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: stage.namespace },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { serviceAccountName: stage.name, containers: [APP] },
      },
      ...more,
    },
  };
}

const egress = (stage: Stage, spec: Record<string, unknown>) =>
  stage.kube.apply({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'unusual', namespace: stage.namespace },
    spec: { podSelector: {}, ...spec },
  });

/** The agent's DaemonSet of somebody's own, in place of the add-on. */
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

function targetIn(stage: Stage, accountId: string | undefined) {
  const { iam } = stage.aws;
  const source = stage.role();
  const target = iam.putRole({
    accountId,
    name: `${stage.name}-data`,
    trust: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: source.arn },
          Action: BOTH,
        },
      ],
    },
  });
  iam.updateRole(source.arn, {
    inline: {
      onward: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: BOTH, Resource: target.arn }],
      },
    },
  });
  stage.updateAssociation({ targetRoleArn: target.arn });
  return stage.restart();
}

/** The kinds of the review among them. */
export const HEALTHY: readonly Healthy[] = [
  { what: 'as the demo has it', make: () => undefined },
  {
    what: 'trust: every action of STS',
    make: trust(allow({ Action: 'sts:*' })),
  },
  {
    what: 'trust: actions in two statements',
    make: trust(
      allow({ Action: 'sts:AssumeRole' }),
      allow({ Action: 'sts:TagSession' }),
    ),
  },
  {
    what: 'trust: namespace and ServiceAccount asked for',
    make: stage =>
      onlyIf({
        StringEquals: {
          [tag('kubernetes-namespace')]: stage.namespace,
          [tag('kubernetes-service-account')]: stage.name,
        },
      })(stage),
  },
  {
    what: 'trust: a pattern of ServiceAccounts',
    make: onlyIf({
      StringLike: { [tag('kubernetes-service-account')]: 'payments-*' },
    }),
  },
  {
    what: 'trust: operator and key in other letters',
    make: onlyIf({
      stringequals: { 'AWS:requesttag/Kubernetes-Namespace': 'payments' },
    }),
  },
  {
    what: 'trust: one of several namespaces',
    make: onlyIf({
      StringEquals: { [tag('kubernetes-namespace')]: ['orders', 'payments'] },
    }),
  },
  {
    what: 'trust: only the keys of tags that EKS sends',
    make: onlyIf({
      'ForAllValues:StringLike': {
        'aws:TagKeys': ['eks-*', 'kubernetes-*'],
      },
    }),
  },
  {
    what: 'trust: if the key is there at all',
    make: onlyIf({
      StringEqualsIfExists: { [tag('team')]: 'payments' },
    }),
  },
  {
    what: 'trust: aws:SourceAccount',
    onlyAPodProves: true,
    make: onlyIf({ StringEquals: { 'aws:SourceAccount': '111122223333' } }),
  },
  {
    what: 'trust: aws:SourceArn of the cluster',
    onlyAPodProves: true,
    make: onlyIf({
      ArnLike: {
        'aws:SourceArn':
          'arn:aws:eks:eu-west-1:111122223333:cluster/payments-prod',
      },
    }),
  },
  {
    what: 'trust: one pod name pattern, that of the workload',
    probeRefused: true,
    make: onlyIf({
      StringLike: { [tag('kubernetes-pod-name')]: 'payments-ledger-*' },
    }),
  },
  {
    what: 'trust: a statement for IRSA beside',
    make: trust(allow(), {
      Effect: 'Allow',
      Principal: {
        Federated:
          'arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE',
      },
      Action: 'sts:AssumeRoleWithWebIdentity',
    }),
  },
  {
    what: 'trust: a Deny for another namespace',
    make: trust(
      allow(),
      allow({
        Effect: 'Deny',
        Condition: {
          StringEquals: { [tag('kubernetes-namespace')]: 'orders' },
        },
      }),
    ),
  },
  {
    what: 'session tags off',
    make: async stage => {
      stage.updateAssociation({ disableSessionTags: true });
      await stage.restart();
    },
  },
  {
    what: 'session tags off, and no sts:TagSession',
    onlyAPodProves: true,
    make: async stage => {
      trust(allow({ Action: 'sts:AssumeRole' }))(stage);
      stage.updateAssociation({ disableSessionTags: true });
      await stage.restart();
    },
  },
  {
    what: 'a role below a path',
    make: async stage => {
      const { arn } = stage.aws.iam.putRole({
        name: 'ledger',
        path: '/teams/payments/',
      });
      stage.updateAssociation({ roleArn: arn });
      await stage.restart();
    },
  },
  {
    what: 'a role with a boundary',
    make: stage =>
      stage.aws.iam.updateRole(stage.role().arn, {
        boundaryArn:
          'arn:aws:iam::111122223333:policy/backstage-workload-boundary',
      }),
  },
  {
    what: 'a target role of the same account',
    make: stage => targetIn(stage, undefined),
  },
  {
    what: 'a target role of another account, which cannot be read',
    onlyAPodProves: true,
    make: stage => targetIn(stage, SECOND_ACCOUNT),
  },
  {
    what: 'no workload',
    make: ({ kube, namespace, name }) =>
      kube.delete('deployments', namespace, name),
  },
  {
    what: 'a Deployment of no pods',
    make: async ({ kube, namespace, name }) => {
      await kube.change('deployments', namespace, name, object => {
        object.spec.replicas = 0;
      });
    },
  },
  {
    what: 'a StatefulSet',
    make: stage =>
      stage.kube.apply(
        workload(stage, 'StatefulSet', 'ledger-db', {
          serviceName: 'ledger-db',
          replicas: 1,
        }),
      ),
  },
  {
    what: 'a DaemonSet',
    make: stage => stage.kube.apply(workload(stage, 'DaemonSet', 'shipper')),
  },
  {
    what: 'a finished Job from before the association',
    make: async stage => {
      const again = stage.dissociate();
      await stage.kube.apply({
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'migrate', namespace: stage.namespace },
        spec: {
          template: {
            spec: {
              serviceAccountName: stage.name,
              restartPolicy: 'Never',
              containers: [{ ...APP, command: ['true'] }],
            },
          },
        },
      });
      await stage.kube.waitFor(
        'jobs',
        stage.namespace,
        'migrate',
        job => job?.status?.succeeded === 1,
      );
      again();
      await stage.restart();
    },
  },
  {
    what: 'hostNetwork',
    make: stage =>
      stage.changePods(({ spec }) => {
        spec.hostNetwork = true;
        spec.dnsPolicy = 'ClusterFirstWithHostNet';
      }),
  },
  {
    what: 'an init container and a sidecar',
    make: stage =>
      stage.changePods(({ spec }) => {
        spec.initContainers = [{ ...APP, name: 'init', command: ['true'] }];
        spec.containers.push({ ...APP, name: 'log-shipper' });
      }),
  },
  {
    what: 'region by environment',
    make: stage =>
      stage.setEnv({
        AWS_REGION: 'eu-west-1',
        AWS_DEFAULT_REGION: 'eu-west-1',
      }),
  },
  {
    what: 'AWS_STS_REGIONAL_ENDPOINTS and retry settings',
    make: stage =>
      stage.setEnv({
        AWS_STS_REGIONAL_ENDPOINTS: 'regional',
        AWS_MAX_ATTEMPTS: '5',
        AWS_RETRY_MODE: 'adaptive',
      }),
  },
  {
    what: 'a proxy that exempts the agent',
    make: stage =>
      stage.setEnv({
        HTTP_PROXY: 'http://proxy.internal.example:3128',
        HTTPS_PROXY: 'http://proxy.internal.example:3128',
        NO_PROXY: '169.254.170.23,[fd00:ec2::23],.svc',
      }),
  },
  {
    what: 'a proxy for HTTPS alone',
    make: stage =>
      stage.setEnv({ HTTPS_PROXY: 'http://proxy.internal.example:3128' }),
  },
  {
    what: 'a ConfigMap of settings by envFrom',
    make: async stage => {
      await stage.kube.apply({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'settings', namespace: stage.namespace },
        data: { LOG_LEVEL: 'info' },
      });
      await stage.changePods(({ spec }) => {
        spec.containers[0].envFrom = [{ configMapRef: { name: 'settings' } }];
      });
    },
  },
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
    what: 'the annotation of IRSA left on the ServiceAccount',
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
];
