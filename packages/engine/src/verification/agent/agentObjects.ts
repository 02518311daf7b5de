import { AGENT_ADDON, AGENT_LABEL } from '../../aws/addon';
import type {
  V1Container,
  V1DaemonSet,
  V1Node,
  V1Pod,
} from '../../kubernetes/objects';
import { foreign, LONGEST_MESSAGE, toParse } from '../../text/foreign';
import type {
  AgentPodFact,
  DaemonSetFact,
  NodeFact,
} from '../framework/facts/agent';

const COMPUTE_TYPE_LABEL = 'eks.amazonaws.com/compute-type';
/** Of a managed node group. */
export const NODEGROUP_LABEL = 'eks.amazonaws.com/nodegroup';
const IMAGE_LABEL = 'eks.amazonaws.com/nodegroup-image';
/** The field manager under which EKS applies add-ons. */
export const EKS_MANAGER = 'eks';

/** A self-managed agent may have any Helm release, which is its instance, but not any image. */
const AGENT_IMAGE = /(^|\/)eks-pod-identity-agent[:@]/;

/** Whether an object has the label of the add-on's agent. */
export const isOfAgent = ({ metadata }: Pick<V1Pod, 'metadata'>) =>
  metadata?.labels?.[AGENT_LABEL] === AGENT_ADDON;

/** Whether the agent is one of these containers. */
export const hasAgent = (containers: V1Container[] = []) =>
  containers.some(({ image = '' }) => AGENT_IMAGE.test(image));

/** Epoch milliseconds of a time that Kubernetes wrote. */
export const timeOf = (text: Date | string | undefined) =>
  text === undefined ? undefined : new Date(text).getTime();

/** The Ready condition of a pod or node, if it holds. */
export const readyCondition = (object: V1Pod | V1Node) =>
  (object.status?.conditions ?? []).find(
    condition => condition.type === 'Ready' && condition.status === 'True',
  );

/** The earliest start of a container that the status of a pod still shows. */
export function firstStart(pod: V1Pod): number | undefined {
  const starts = (pod.status?.containerStatuses ?? [])
    .flatMap(({ state, lastState }) => [
      state?.running?.startedAt,
      state?.terminated?.startedAt,
      lastState?.terminated?.startedAt,
    ])
    .flatMap(text => timeOf(text) ?? []);
  return starts.length ? Math.min(...starts) : undefined;
}

/** The node for which a DaemonSet made a pod: its controller pins it by name. */
function pinnedNode(pod: V1Pod): string | undefined {
  const terms =
    pod.spec?.affinity?.nodeAffinity
      ?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return terms
    .flatMap(term => term.matchFields ?? [])
    .find(field => field.key === 'metadata.name')?.values?.[0];
}

export function agentPodFact(pod: V1Pod): AgentPodFact {
  const statuses = [
    ...(pod.status?.initContainerStatuses ?? []),
    ...(pod.status?.containerStatuses ?? []),
  ];
  const waiting = statuses.find(status => status.state?.waiting)?.state
    ?.waiting;
  const scheduling = pod.status?.conditions?.find(
    condition =>
      condition.type === 'PodScheduled' && condition.status === 'False',
  );
  const ended = statuses
    .map(({ name, state, lastState }) => ({
      name,
      end: state?.terminated ?? lastState?.terminated,
    }))
    .find(({ end }) => end && end.exitCode !== 0);
  const ready = readyCondition(pod);
  return {
    name: pod.metadata?.name ?? '',
    namespace: pod.metadata?.namespace ?? '',
    nodeName: pod.spec?.nodeName ?? pinnedNode(pod),
    ready: ready !== undefined,
    readySince: timeOf(ready?.lastTransitionTime),
    createdAt: timeOf(pod.metadata?.creationTimestamp),
    startedAt: firstStart(pod),
    restarts: statuses.reduce((sum, one) => sum + (one.restartCount ?? 0), 0),
    unscheduled: scheduling !== undefined,
    waitingReason: waiting?.reason,
    message: foreign(waiting?.message ?? scheduling?.message) || undefined,
    ended: ended?.end && {
      container: ended.name,
      exitCode: ended.end.exitCode,
      reason: ended.end.reason,
      message: toParse(ended.end.message, LONGEST_MESSAGE),
    },
  };
}

function imageOf({ metadata, status }: V1Node): string | undefined {
  const { osImage, kernelVersion, kubeletVersion } = status?.nodeInfo ?? {};
  const kernel = kernelVersion?.replace(/\.(x86_64|aarch64)$/, '');
  return (
    metadata?.labels?.[IMAGE_LABEL] ??
    (osImage && `${osImage} ${kernel} ${kubeletVersion}`)
  );
}

export function nodeFact(node: V1Node): NodeFact {
  const labels = node.metadata?.labels ?? {};
  return {
    name: node.metadata?.name ?? '',
    instanceId: /\/(i-[0-9a-f]+)$/.exec(node.spec?.providerID ?? '')?.[1],
    computeType: labels[COMPUTE_TYPE_LABEL],
    nodegroup: labels[NODEGROUP_LABEL],
    os:
      labels['kubernetes.io/os'] ??
      node.status?.nodeInfo?.operatingSystem ??
      'linux',
    bottlerocket: /bottlerocket/i.test(node.status?.nodeInfo?.osImage ?? ''),
    image: imageOf(node),
    ready: readyCondition(node) !== undefined,
    createdAt: timeOf(node.metadata?.creationTimestamp),
    labels,
    // Those of the node controller are tolerated by every DaemonSet.
    tainted: (node.spec?.taints ?? []).some(
      ({ key, effect }) =>
        effect !== 'PreferNoSchedule' && !key.startsWith('node.kubernetes.io/'),
    ),
  };
}

/** Nodes that only get the agent from a DaemonSet: it is built into Auto Mode, and unsupported elsewhere. */
export const needsAgent = ({
  os,
  computeType,
}: Pick<NodeFact, 'os' | 'computeType'>) =>
  os === 'linux' && computeType !== 'auto' && computeType !== 'fargate';

/** Where no agent can be: Pod Identity is not offered there. A node of Fargate shows itself by its name, too. */
export const withoutAgent = (
  node: Pick<NodeFact, 'os' | 'computeType'> | undefined,
  name = '',
): 'fargate' | 'windows' | undefined => {
  if (node?.computeType === 'fargate' || name.startsWith('fargate-')) {
    return 'fargate';
  }
  return node?.os === 'windows' ? 'windows' : undefined;
};

/** Writers of the pod template beside EKS. A restart by `kubectl rollout` writes an annotation of it only. */
function editorsOf(set: V1DaemonSet): string[] {
  const writers = (set.metadata?.managedFields ?? [])
    .filter(({ subresource, fieldsV1 }) => {
      const fields = fieldsV1 as
        | { 'f:spec'?: { 'f:template'?: { 'f:spec'?: object } } }
        | undefined;
      return !subresource && fields?.['f:spec']?.['f:template']?.['f:spec'];
    })
    .map(({ manager }) => manager ?? '');
  return writers.includes(EKS_MANAGER)
    ? [...new Set(writers.filter(one => one && one !== EKS_MANAGER))]
    : [];
}

export function daemonSetFact(set: V1DaemonSet): DaemonSetFact {
  const pod = set.spec?.template?.spec;
  const terms =
    pod?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
      ?.nodeSelectorTerms;
  return {
    namespace: set.metadata?.namespace ?? '',
    name: set.metadata?.name ?? '',
    images: (pod?.containers ?? []).flatMap(({ image }) => image ?? []),
    selector: Object.entries(set.spec?.selector?.matchLabels ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    desired: set.status?.desiredNumberScheduled ?? 0,
    ready: set.status?.numberReady ?? 0,
    placement: {
      nodeSelector: pod?.nodeSelector ?? {},
      ...(terms
        ? {
            terms: terms.map(({ matchExpressions = [] }) => ({
              matchExpressions,
            })),
          }
        : {}),
      toleratesAll: (pod?.tolerations ?? []).some(
        ({ key, operator, effect }) => !key && operator === 'Exists' && !effect,
      ),
    },
    editors: editorsOf(set),
  };
}
