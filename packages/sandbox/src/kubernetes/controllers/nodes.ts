import { SandboxCore } from '../../core/contract';
import { randomInstanceId, randomUid } from '../api/random';
import { isoTime } from '../types';

/** Kind of machine; decides a node's labels, taints and whether it can have an agent. */
type NodeKind = 'managed' | 'auto' | 'fargate' | 'windows' | 'hybrid';

export interface NodeOptions {
  kind: NodeKind;
  /** Instance role whose credentials the node's agent and IMDS use. */
  roleArn: string;
  name?: string;
  instanceId?: string;
  zone?: string;
  labels?: Record<string, string>;
  taints?: { key: string; value?: string; effect: string }[];
  cpu?: string;
  memory?: string;
  pods?: number;
  /** IMDSv2 hop limit: 1, the default, keeps pods from the node's credentials. */
  imdsHopLimit?: number;
  /** Its pods are said to run and run nothing, for clusters with thousands of them. */
  onPaper?: boolean;
}

/** Facts about a node that its object does not have. */
export interface NodeFacts {
  name: string;
  kind: NodeKind;
  roleArn: string;
  instanceId: string;
  imdsHopLimit: number;
  ip: string;
  zone: string;
  onPaper?: boolean;
}

const COMPUTE_TYPE = 'eks.amazonaws.com/compute-type';

const KIND_LABELS: Record<NodeKind, Record<string, string>> = {
  managed: {
    'eks.amazonaws.com/nodegroup': 'default',
    'eks.amazonaws.com/capacityType': 'ON_DEMAND',
  },
  auto: { [COMPUTE_TYPE]: 'auto', 'karpenter.sh/nodepool': 'general-purpose' },
  fargate: { [COMPUTE_TYPE]: 'fargate' },
  windows: { 'eks.amazonaws.com/nodegroup': 'windows' },
  hybrid: { [COMPUTE_TYPE]: 'hybrid' },
};

const OS_IMAGES: Record<NodeKind, string> = {
  managed: 'Amazon Linux 2023.6.20250107',
  auto: 'Bottlerocket (EKS Auto, Standard) 2025.1.10 (aws-k8s-1.32-standard)',
  fargate: 'Amazon Linux 2',
  windows: 'Windows Server 2022 Datacenter',
  hybrid: 'Ubuntu 22.04.5 LTS',
};

function ipAndName(
  core: SandboxCore,
  options: NodeOptions,
  instanceId: string,
) {
  const octet = () => 1 + Math.floor(core.random() * 254);
  const ip = `10.0.${octet()}.${octet()}`;
  const dashed = ip.replace(/\./g, '-');
  const names: Record<NodeKind, string> = {
    managed: `ip-${dashed}.ec2.internal`,
    windows: `ip-${dashed}.ec2.internal`,
    auto: instanceId,
    fargate: `fargate-ip-${dashed}.ec2.internal`,
    hybrid: `mi-${instanceId.slice(2)}`,
  };
  return { ip, name: options.name ?? names[options.kind] };
}

/** Creates the Node object and the facts of a new node. */
export function createNode(
  core: SandboxCore,
  region: string,
  version: string,
  options: NodeOptions,
) {
  const { kind } = options;
  const instanceId = options.instanceId ?? randomInstanceId(core);
  const { ip, name } = ipAndName(core, options, instanceId);
  const os = kind === 'windows' ? 'windows' : 'linux';
  const zone = options.zone ?? `${region}a`;
  const fargateTaint = {
    key: COMPUTE_TYPE,
    value: 'fargate',
    effect: 'NoSchedule',
  };
  const taints = [
    ...(options.taints ?? []),
    ...(kind === 'fargate' ? [fargateTaint] : []),
  ];
  const capacity = {
    cpu: options.cpu ?? '2',
    memory: options.memory ?? '7861360Ki',
    'ephemeral-storage': '20959212Ki',
    pods: String(options.pods ?? (kind === 'fargate' ? 1 : 29)),
  };
  const now = isoTime(core.clock.now());
  const condition = (
    type: string,
    status: string,
    reason: string,
    message: string,
  ) => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  const node = {
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': os,
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': os,
        'node.kubernetes.io/instance-type': 'm5.large',
        'topology.kubernetes.io/region': region,
        'topology.kubernetes.io/zone': zone,
        ...KIND_LABELS[kind],
        ...options.labels,
      },
    },
    spec: {
      providerID:
        kind === 'fargate'
          ? `aws:///${zone}/${randomUid(core)}/${name}`
          : `aws:///${zone}/${instanceId}`,
      ...(taints.length > 0 && { taints }),
    },
  };
  const status = {
    capacity,
    allocatable: capacity,
    addresses: [
      { type: 'InternalIP', address: ip },
      { type: 'InternalDNS', address: name },
      { type: 'Hostname', address: name },
    ],
    conditions: [
      condition(
        'MemoryPressure',
        'False',
        'KubeletHasSufficientMemory',
        'kubelet has sufficient memory available',
      ),
      condition(
        'DiskPressure',
        'False',
        'KubeletHasNoDiskPressure',
        'kubelet has no disk pressure',
      ),
      condition(
        'PIDPressure',
        'False',
        'KubeletHasSufficientPID',
        'kubelet has sufficient PID available',
      ),
      condition(
        'Ready',
        'True',
        'KubeletReady',
        'kubelet is posting ready status',
      ),
    ],
    nodeInfo: {
      machineID: randomUid(core).replace(/-/g, ''),
      systemUUID: randomUid(core),
      bootID: randomUid(core),
      kernelVersion: '6.1.119-129.201.amzn2023.x86_64',
      osImage: OS_IMAGES[kind],
      containerRuntimeVersion: 'containerd://1.7.25',
      kubeletVersion: `v${version}.0-eks-aeac579`,
      kubeProxyVersion: '',
      operatingSystem: os,
      architecture: 'amd64',
    },
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
  };
  const facts: NodeFacts = {
    name,
    kind,
    roleArn: options.roleArn,
    instanceId,
    imdsHopLimit: options.imdsHopLimit ?? 1,
    ip,
    zone,
    ...(options.onPaper && { onPaper: true }),
  };
  return { node, status, facts };
}
