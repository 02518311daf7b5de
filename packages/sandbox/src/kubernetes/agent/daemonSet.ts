import { AGENT_NAME } from './clusterNetwork';
import { Partition, partitionOf } from '../../core/partition';

export interface AgentDaemonSetOptions {
  namespace: string;
  version: string;
  region: string;
  clusterName: string;
  /** `EKS` for the add-on, `Helm` for a self-managed one. */
  managedBy: 'EKS' | 'Helm';
  /** Values of the add-on's configuration, as JSON. */
  configurationValues?: string;
}

/** The values of the chart that the sandbox knows. */
interface Values {
  agent?: {
    additionalArgs?: Record<string, string>;
    advertiseProxyPort?: boolean;
  };
  daemonsets?: Partial<Record<string, { create?: boolean }>>;
  nodeSelector?: Record<string, string>;
}

const NAME_LABEL = 'app.kubernetes.io/name';
const COMPUTE_TYPE = 'eks.amazonaws.com/compute-type';

/** The account of the add-ons' images. */
const REGISTRIES: Record<Partition['id'], string> = {
  aws: '602401143452',
  'aws-cn': '918309763551',
  'aws-us-gov': '013241004608',
};

/** Hybrid nodes have agents of their own, those with Bottlerocket another one. */
const HYBRID = ['hybrid', 'hybrid-bottlerocket'];

/** The names of all DaemonSets that the add-on may make. */
export const AGENT_SETS = [
  AGENT_NAME,
  ...HYBRID.map(suffix => `${AGENT_NAME}-${suffix}`),
];

/** The agent's DaemonSets, as in the add-on's chart: those for hybrid nodes are off by default. */
export function agentDaemonSets(options: AgentDaemonSetOptions) {
  const values: Values = JSON.parse(options.configurationValues || '{}');
  const usual = agentDaemonSet(options, values);
  return [
    usual,
    ...HYBRID.filter(suffix => values.daemonsets?.[suffix]?.create).map(
      suffix => forHybridNodes(usual, suffix),
    ),
  ];
}

function forHybridNodes(
  usual: ReturnType<typeof agentDaemonSet>,
  suffix: string,
) {
  const hybrid = structuredClone(usual);
  hybrid.metadata.name = `${AGENT_NAME}-${suffix}`;
  hybrid.spec.selector.matchLabels[NAME_LABEL] = hybrid.metadata.name;
  hybrid.spec.template.metadata.labels[NAME_LABEL] = hybrid.metadata.name;
  const [term] =
    hybrid.spec.template.spec.affinity.nodeAffinity
      .requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms;
  term.matchExpressions = term.matchExpressions.map(one =>
    one.key === COMPUTE_TYPE
      ? { ...one, operator: 'In', values: ['hybrid'] }
      : one,
  );
  return hybrid;
}

function agentDaemonSet(
  options: AgentDaemonSetOptions,
  { agent, nodeSelector }: Values,
) {
  const { namespace, version, region, clusterName, managedBy } = options;
  const selector = {
    'app.kubernetes.io/instance': AGENT_NAME,
    [NAME_LABEL]: AGENT_NAME,
  };
  const { id, dnsSuffix } = partitionOf(region);
  const image = `${
    REGISTRIES[id]
  }.dkr.ecr.${region}.${dnsSuffix}/eks/${AGENT_NAME}:${version.replace(
    /-eksbuild.*$/,
    '',
  )}`;
  return {
    metadata: {
      name: AGENT_NAME,
      namespace,
      labels: {
        ...selector,
        'app.kubernetes.io/managed-by': managedBy,
        'app.kubernetes.io/version': version.replace(/^v|-eksbuild.*$/g, ''),
        'helm.sh/chart': `${AGENT_NAME}-1.3.4`,
      },
    },
    spec: {
      selector: { matchLabels: selector },
      updateStrategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: 0, maxUnavailable: '10%' },
      },
      template: {
        metadata: { labels: selector },
        spec: {
          automountServiceAccountToken: false,
          hostNetwork: true,
          priorityClassName: 'system-node-critical',
          terminationGracePeriodSeconds: 30,
          tolerations: [{ operator: 'Exists' }],
          ...(nodeSelector && { nodeSelector }),
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [
                  {
                    matchExpressions: [
                      {
                        key: 'kubernetes.io/os',
                        operator: 'In',
                        values: ['linux'],
                      },
                      {
                        key: 'kubernetes.io/arch',
                        operator: 'In',
                        values: ['amd64', 'arm64'],
                      },
                      {
                        key: COMPUTE_TYPE,
                        operator: 'NotIn',
                        values: ['fargate', 'hybrid', 'auto'],
                      },
                    ],
                  },
                ],
              },
            },
          },
          initContainers: [
            {
              name: `${AGENT_NAME}-init`,
              image,
              imagePullPolicy: 'Always',
              command: ['/go-runner', '/eks-pod-identity-agent', 'initialize'],
              securityContext: { privileged: true },
            },
          ],
          containers: [
            {
              name: AGENT_NAME,
              image,
              imagePullPolicy: 'Always',
              args: [
                '--port',
                '80',
                '--cluster-name',
                clusterName,
                '--probe-port',
                '2703',
                ...Object.entries(agent?.additionalArgs ?? {}).flat(),
              ],
              env: [{ name: 'AWS_REGION', value: region }],
              ports: [
                ...(agent?.advertiseProxyPort === false
                  ? []
                  : [{ containerPort: 80, name: 'proxy', protocol: 'TCP' }]),
                { containerPort: 2703, name: 'probes-port', protocol: 'TCP' },
              ],
              securityContext: {
                capabilities: { add: ['CAP_NET_BIND_SERVICE'] },
              },
            },
          ],
        },
      },
    },
  };
}
