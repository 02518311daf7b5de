import { AwsForKubernetes, ClusterKey, SandboxCore } from '../../core/contract';
import { InternalClient } from '../controllers/client';
import { NodeFacts } from '../controllers/nodes';
import {
  NetworkError,
  NetworkRequest,
  NetworkResponse,
  PodNetwork,
} from '../runtime/network';
import { KubeObject } from '../types';
import { AgentBehaviour, AgentNode, PodIdentityAgent } from './agent';
import { EksAuthPath, NodeCredentials } from './eksAuthPath';
import { egressAllowed } from './egress';

export const AGENT_NAME = 'eks-pod-identity-agent';
const INSTANCE_LABEL = 'app.kubernetes.io/instance';
const NAME_LABEL = 'app.kubernetes.io/name';

const AGENT_HOSTS = ['169.254.170.23', '[fd00:ec2::23]'];
const IMDS_HOST = '169.254.169.254';

/** An address outside the VPC, as public AWS endpoints are. */
const INTERNET = '203.0.113.10';

/** Whether a node has an agent for its pods, and whether that agent works. */
type AgentState = 'answers' | 'broken' | 'none';

/** A setting of all nodes or of single ones. */
class PerNode<T> {
  readonly #single = new Map<string, T>();
  #all: T;

  constructor(usual: T) {
    this.#all = usual;
  }

  /** Without a node the setting is every node's. */
  set(value: T, node?: string) {
    if (node === undefined) {
      this.#all = value;
      this.#single.clear();
    } else {
      this.#single.set(node, value);
    }
  }

  of(node: string): T {
    return this.#single.get(node) ?? this.#all;
  }
}

/** The link-local services of a cluster's nodes, as seen by pods. */
export class ClusterNetwork {
  readonly #agents = new Map<
    string,
    { agent: PodIdentityAgent; podUid: string }
  >();
  readonly #behaviours = new PerNode<AgentBehaviour>('normal');
  readonly #eksAuth = new PerNode<EksAuthPath>('open');
  readonly #credentials = new PerNode<NodeCredentials>('present');
  readonly #blocked = new Set<string>();

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

  /** Sets what lies between nodes and EKS Auth. */
  setEksAuthPath(path: EksAuthPath, node?: string) {
    this.#eksAuth.set(path, node);
  }

  /** Takes the nodes' own credentials from their agents, or gives them back. */
  setNodeCredentials(credentials: NodeCredentials, node?: string) {
    this.#credentials.set(credentials, node);
  }

  /** A node with all that its agent needs to know. */
  agentNode(node: NodeFacts): AgentNode {
    return {
      roleArn: node.roleArn,
      instanceId: node.instanceId,
      credentials: this.#credentials.of(node.name),
      eksAuth: this.#eksAuth.of(node.name),
    };
  }

  /** Cuts pods off from an AWS service (`sts`, `s3`), or lets them through again. */
  block(service: string, blocked: boolean) {
    if (blocked) this.#blocked.add(service);
    else this.#blocked.delete(service);
  }

  /** Ends everything that keeps packets from their way. */
  clear() {
    this.#blocked.clear();
    this.#behaviours.set('normal');
    this.#eksAuth.set('open');
    this.#credentials.set('present');
  }

  /** The network as seen by one pod. */
  forPod(pod: KubeObject, node: NodeFacts): PodNetwork {
    return {
      request: (url, request) => this.request(pod, node, url, request),
      isBlocked: service =>
        this.#blocked.has(service) || !this.allowed(pod, INTERNET, 443),
    };
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
    return this.#eksAuth.of(node.name) === 'open'
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
    const near = pod.spec.hostNetwork || node.imdsHopLimit > 1;
    if (!near || node.kind === 'fargate' || !this.allowed(pod, IMDS_HOST, 80)) {
      return this.timeout('read-timeout', url, request);
    }
    const roleName = node.roleArn.split('/').pop()!;
    const base = '/latest/meta-data/iam/security-credentials/';
    if (path === '/latest/api/token') {
      return request.method === 'PUT'
        ? { status: 200, body: `imds-${node.instanceId}` }
        : { status: 405, body: '' };
    }
    if (!request.headers?.['x-aws-ec2-metadata-token']) {
      return { status: 401, body: '' };
    }
    if (path === base) {
      return { status: 200, body: roleName };
    }
    if (path === `${base}${roleName}`) {
      const c = await this.aws()
        .instanceRoleCredentials(node.roleArn, node.instanceId)
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
    return egressAllowed(pod, policies, ip, port);
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
      .find(
        pod =>
          pod.spec.nodeName === node &&
          [INSTANCE_LABEL, NAME_LABEL].some(
            label => pod.metadata.labels?.[label] === AGENT_NAME,
          ),
      );
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
