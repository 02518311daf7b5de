import { AwsForKubernetes, ClusterKey, SandboxCore } from '../../core/contract';
import { InternalClient } from '../controllers/client';
import { NodeFacts } from '../controllers/nodes';
import {
  NetworkError,
  NetworkRequest,
  NetworkResponse,
  PodNetwork,
} from '../runtime/network';
import { isAgentImage } from '../runtime/agentProgram';
import { KubeObject } from '../types';
import { AgentBehaviour, AgentNode, PodIdentityAgent } from './agent';
import { EksAuthPath } from './eksAuthPath';
import { egressAllowed } from './egress';
import { AgentPort, listenOn, NodeConditions, PerNode } from './nodeConditions';

export const AGENT_NAME = 'eks-pod-identity-agent';
const LABELS = ['app.kubernetes.io/instance', 'app.kubernetes.io/name'];

/** By its image whatever its labels are, or by its labels where the image is a copy under another name. */
const isAgent = ({ metadata, spec }: KubeObject) =>
  LABELS.some(label => metadata.labels?.[label] === AGENT_NAME) ||
  spec.containers.some(({ image }: { image: string }) => isAgentImage(image));

const AGENT_HOSTS = ['169.254.170.23', '[fd00:ec2::23]'];
const IMDS_HOST = '169.254.169.254';

/** Faults of the way out of the VPC, which an endpoint does without. */
const REPLACED_BY_ENDPOINT: EksAuthPath[] = [
  'dropped',
  'no-route',
  'unknown-host',
];

/** An address outside the VPC, as public AWS endpoints are. */
const INTERNET = '203.0.113.10';

/** Whether a node has an agent for its pods, and whether that agent works. */
type AgentState = 'answers' | 'broken' | 'none';

/** The link-local services of a cluster's nodes, as seen by pods. */
export class ClusterNetwork {
  readonly #agents = new Map<
    string,
    { agent: PodIdentityAgent; podUid: string }
  >();
  readonly #behaviours = new PerNode<AgentBehaviour>('normal');
  /** What is wrong with its nodes. */
  readonly conditions = new NodeConditions();
  readonly #blocked = new Set<string>();
  /** Where it is false, the network plugin leaves NetworkPolicies as texts without effect. */
  enforcesPolicies = true;

  constructor(
    private readonly core: SandboxCore,
    private readonly cluster: ClusterKey,
    private readonly aws: () => AwsForKubernetes,
    private readonly client: InternalClient,
  ) {}

  /** Sets how the agents behave, on one node or on all. */
  setAgentBehaviour(behaviour: AgentBehaviour, node?: string) {
    this.#behaviours.set(behaviour, node);
  }

  /** Keeps agents from their port or ends that, and restarts them. */
  async setAgentPort(state: AgentPort, node?: string): Promise<void> {
    const { agentPort } = this.conditions;
    const concerned = this.client
      .list('pods')
      .filter(isAgent)
      .filter(({ spec: { nodeName } }) => nodeName !== undefined)
      .filter(({ spec: { nodeName } }) => (node ?? nodeName) === nodeName)
      .filter(({ spec: { nodeName } }) => agentPort.of(nodeName) !== state);
    agentPort.set(state, node);
    for (const { metadata } of concerned) {
      await this.client.remove('pods', metadata.namespace, metadata.name, {
        gracePeriodSeconds: 0,
      });
    }
  }

  /** A node with all that its agent needs to know. */
  agentNode(node: NodeFacts): AgentNode {
    return {
      roleArn: this.conditions.instance(node).roleArn,
      instanceId: node.instanceId,
      credentials: this.conditions.credentials(node),
      eksAuth: this.eksAuthPath(node),
    };
  }

  /** An endpoint in the VPC answers for EKS Auth by its usual name, whatever is wrong with the way out. */
  private eksAuthPath({ name }: NodeFacts): EksAuthPath {
    const path = this.conditions.eksAuth.of(name);
    return REPLACED_BY_ENDPOINT.includes(path) &&
      this.aws().endpointFor(this.cluster, 'eks-auth')
      ? 'open'
      : path;
  }

  /** Cuts pods off from an AWS service (`sts`, `s3`), or lets them through again. */
  block(service: string, blocked: boolean) {
    if (blocked) this.#blocked.add(service);
    else this.#blocked.delete(service);
  }

  /** Ends everything that keeps packets from their way. */
  async clear() {
    await this.setAgentPort('free');
    this.#blocked.clear();
    this.enforcesPolicies = true;
    this.#behaviours.clear();
    this.conditions.clear();
  }

  /** The network as seen by one pod. */
  forPod(pod: KubeObject, node: NodeFacts): PodNetwork {
    return {
      request: (url, request) => this.request(pod, node, url, request),
      listen: (address, port) =>
        listenOn(address, port, this.conditions.agentPort.of(node.name)),
      isBlocked: service =>
        this.isCutOff(service) || !this.allowed(pod, INTERNET, 443),
      endpointFor: service => this.aws().endpointFor(this.cluster, service),
    };
  }

  private isCutOff(service: string): boolean {
    return (
      this.#blocked.has(service) &&
      !this.aws().endpointFor(this.cluster, service)
    );
  }

  private async request(
    pod: KubeObject,
    node: NodeFacts,
    url: string,
    request: NetworkRequest,
  ): Promise<NetworkResponse> {
    const { host, pathname } = new URL(url);
    if (AGENT_HOSTS.includes(host)) {
      return this.agentRequest(pod, node, url, pathname, request);
    }
    if (host === IMDS_HOST) {
      return this.imdsRequest(pod, node, url, pathname, request);
    }
    throw new NetworkError('unknown-host', url);
  }

  private async agentRequest(
    pod: KubeObject,
    node: NodeFacts,
    url: string,
    path: string,
    request: NetworkRequest,
  ): Promise<NetworkResponse> {
    const behaviour = this.#behaviours.of(node.name);
    const state = this.agentState(node);
    if (state === 'none' || !this.allowed(pod, AGENT_HOSTS[0], 80)) {
      return this.timeout('connect-timeout', url, request);
    }
    if (state === 'broken' || behaviour === 'refuse') {
      throw new NetworkError('refused', url);
    }
    if (behaviour === 'hang') {
      return this.timeout('read-timeout', url, request);
    }
    const agent = this.agentOn(node);
    agent.behaviour = behaviour;
    const header = Object.entries(request.headers ?? {}).find(
      ([name]) => name.toLowerCase() === 'authorization',
    );
    const answer = agent.answer(path, header?.[1]);
    // Real work takes no simulated time, however far the clock is moved meanwhile.
    return this.eksAuthPath(node) === 'open'
      ? answer
      : this.within(request, url, answer);
  }

  /** An answer, unless the client's patience ends before it. */
  private async within<T>(
    request: NetworkRequest,
    url: string,
    answer: Promise<T>,
  ): Promise<T> {
    const over = new AbortController();
    const signal = request.signal
      ? AbortSignal.any([request.signal, over.signal])
      : over.signal;
    const late = this.timeout('read-timeout', url, { ...request, signal });
    late.catch(() => {});
    try {
      return await Promise.race([answer, late]);
    } finally {
      over.abort();
    }
  }

  private async imdsRequest(
    pod: KubeObject,
    node: NodeFacts,
    url: string,
    path: string,
    request: NetworkRequest,
  ): Promise<NetworkResponse> {
    const { imdsEnabled, imdsHopLimit, hasProfile, roleArn } =
      this.conditions.instance(node);
    const near = imdsEnabled && (pod.spec.hostNetwork || imdsHopLimit > 1);
    if (!near || node.kind === 'fargate' || !this.allowed(pod, IMDS_HOST, 80)) {
      return this.timeout('read-timeout', url, request);
    }
    const roleName = roleArn.split('/').pop()!;
    const base = '/latest/meta-data/iam/security-credentials/';
    if (path === '/latest/api/token') {
      return request.method === 'PUT'
        ? { status: 200, body: `imds-${node.instanceId}` }
        : { status: 405, body: '' };
    }
    if (!request.headers?.['x-aws-ec2-metadata-token']) {
      return { status: 401, body: '' };
    }
    if (path.startsWith(base) && !hasProfile) {
      return { status: 404, body: '' };
    }
    if (path === base) {
      return { status: 200, body: roleName };
    }
    if (path === `${base}${roleName}`) {
      const c = await this.aws()
        .instanceRoleCredentials(roleArn, node.instanceId)
        .catch(() => undefined);
      if (!c) {
        return { status: 404, body: '' };
      }
      return {
        status: 200,
        body: JSON.stringify({
          Code: 'Success',
          Type: 'AWS-HMAC',
          AccessKeyId: c.accessKeyId,
          SecretAccessKey: c.secretAccessKey,
          Token: c.sessionToken,
          Expiration: c.expiration.toISOString(),
        }),
      };
    }
    if (path === '/latest/meta-data/instance-id') {
      return { status: 200, body: node.instanceId };
    }
    return { status: 404, body: '' };
  }

  private async timeout(
    failure: 'connect-timeout' | 'read-timeout',
    url: string,
    request: NetworkRequest,
  ): Promise<never> {
    const ms =
      failure === 'connect-timeout'
        ? request.connectTimeoutMs
        : request.readTimeoutMs;
    await this.core.clock.sleep(ms, request.signal);
    throw new NetworkError(failure, url);
  }

  private allowed(pod: KubeObject, ip: string, port: number): boolean {
    const policies = this.client.list(
      'networkpolicies',
      pod.metadata.namespace,
    );
    return !this.enforcesPolicies || egressAllowed(pod, policies, ip, port);
  }

  /** Auto Mode nodes include the agent; on others it is a pod. Fargate and Windows nodes have none. */
  private agentState(node: NodeFacts): AgentState {
    if (node.kind === 'auto') {
      return 'answers';
    }
    const pod = this.agentPod(node.name);
    if (!pod || node.kind === 'fargate' || node.kind === 'windows') {
      return 'none';
    }
    const ready = (pod.status?.conditions ?? []).some(
      (c: any) => c.type === 'Ready' && c.status === 'True',
    );
    return ready ? 'answers' : 'broken';
  }

  private agentPod(node: string): KubeObject | undefined {
    return this.client
      .list('pods')
      .find(pod => pod.spec.nodeName === node && isAgent(pod));
  }

  /** The agent on a node; a new agent pod starts with an empty cache. */
  private agentOn(node: NodeFacts): PodIdentityAgent {
    const podUid = this.agentPod(node.name)?.metadata.uid ?? '';
    const known = this.#agents.get(node.name);
    if (known?.podUid === podUid) {
      return known.agent;
    }
    const agent = new PodIdentityAgent(this.core, this.cluster, this.aws, () =>
      this.agentNode(node),
    );
    this.#agents.set(node.name, { agent, podUid });
    return agent;
  }
}
