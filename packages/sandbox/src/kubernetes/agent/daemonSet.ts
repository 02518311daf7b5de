import { AGENT_NAME } from './clusterNetwork';
import { Partition, partitionOf } from '../../core/partition';

export interface AgentDaemonSetOptions {
  namespace: string;
  version: string;
  region: string;
  clusterName: string;
  /** `EKS` for the add-on, `Helm` for a self-managed one. */
  managedBy: 'EKS' | 'Helm';
}

/** The account of the add-ons' images. */
const REGISTRIES: Record<Partition['id'], string> = {
  aws: '602401143452',
  'aws-cn': '918309763551',
  'aws-us-gov': '013241004608',
};

/** The agent's DaemonSet, as in the add-on's chart. */
export function agentDaemonSet(options: AgentDaemonSetOptions) {
  const { namespace, version, region, clusterName, managedBy } = options;
  const selector = {
    'app.kubernetes.io/instance': AGENT_NAME,
    'app.kubernetes.io/name': AGENT_NAME,
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
                        key: 'eks.amazonaws.com/compute-type',
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
              ],
              env: [{ name: 'AWS_REGION', value: region }],
              ports: [
                { containerPort: 80, name: 'proxy', protocol: 'TCP' },
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
