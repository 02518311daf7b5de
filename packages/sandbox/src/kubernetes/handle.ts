import { parseAllDocuments } from 'yaml';
import { ClusterKey } from '../core/contract';
import { ForeignWebhook, WebhookTrouble } from './admission/webhooks';
import { WebhookBackend } from './admission/webhookServices';
import { AgentBehaviour } from './agent/agent';
import { EksAuthPath, NodeCredentials } from './agent/eksAuthPath';
import { AgentPort } from './agent/nodeConditions';
import { applyManifest, Manifest } from './manifest';
import { DeleteOptions } from './api/deletion';
import { Cluster } from './cluster';
import { NodeOptions } from './controllers/nodes';
import { FargateSelector } from './options';
import { KubeObject } from './types';

export interface TokenOptions {
  namespace: string;
  serviceAccount: string;
  /** Default `pods.eks.amazonaws.com`. */
  audience?: string;
  /** Default one hour; negative for a token that has already expired. */
  expirationSeconds?: number;
  /** Name of the pod that the token is bound to; if the pod exists, also bound to its UID. */
  pod?: string;
}

const SIDECAR_NAME = 'mesh-proxy';

/**
 * Direct access to one cluster, for tests and the seed: reads and writes without HTTP, and every fault to inject.
 *
 * Writes go through admission and validation, like those of any client.
 */
export class KubernetesClusterHandle {
  constructor(private readonly cluster: Cluster) {}

  get key(): ClusterKey {
    return this.cluster.key;
  }

  get endpoint(): string {
    return this.cluster.endpoint;
  }

  /** PEM of the cluster's CA. */
  get caCertificate(): string {
    return this.cluster.certificates.ca;
  }

  get issuer(): string {
    return this.cluster.tokens.issuer;
  }

  /** Creates or replaces objects, given as objects or as multi-document YAML, under the name of a field manager. */
  async apply(
    manifests: string | Manifest | Manifest[],
    manager = 'kubectl',
  ): Promise<KubeObject[]> {
    const objects: Manifest[] =
      typeof manifests === 'string'
        ? parseAllDocuments(manifests)
            .map(d => d.toJS())
            .filter(Boolean)
        : [manifests].flat();
    const result: KubeObject[] = [];
    for (const object of objects) {
      result.push(await applyManifest(this.cluster.client, object, manager));
    }
    return result;
  }

  /** `get('pods', 'default', 'x')`, `get('namespaces', undefined, 'default')` */
  get(
    resource: string,
    namespace: string | undefined,
    name: string,
  ): KubeObject | undefined {
    return this.cluster.client.get(resource, namespace, name);
  }

  list(resource: string, namespace?: string): KubeObject[] {
    return this.cluster.client.list(resource, namespace);
  }

  async delete(
    resource: string,
    namespace: string | undefined,
    name: string,
    options?: DeleteOptions,
  ): Promise<void> {
    await this.cluster.client
      .as('kubectl')
      .remove(resource, namespace, name, options);
  }

  /** Changes an object in place. */
  change(
    resource: string,
    namespace: string | undefined,
    name: string,
    mutate: (object: KubeObject) => void,
  ): Promise<KubeObject | undefined> {
    return this.cluster.client
      .as('kubectl-edit')
      .change(resource, namespace, name, mutate);
  }

  /**
   * Resolves with the object once it satisfies the predicate (undefined when deleted) and once the parts of the cluster
   * that react to the same change have started to. The caller may then advance the clock.
   */
  waitFor(
    resource: string,
    namespace: string | undefined,
    name: string,
    predicate: (object: KubeObject | undefined) => boolean,
    signal: AbortSignal = AbortSignal.timeout(60_000),
  ): Promise<KubeObject | undefined> {
    return new Promise((resolve, reject) => {
      let stop = () => {};
      const look = () => {
        const object = this.get(resource, namespace, name);
        if (predicate(object)) {
          stop();
          setImmediate(() => setImmediate(() => resolve(object)));
          return true;
        }
        return false;
      };
      if (look()) {
        return;
      }
      const unsubscribe = this.cluster.store.subscribe(() => look());
      const onAbort = () => {
        stop();
        reject(signal.reason);
      };
      stop = () => {
        unsubscribe();
        signal.removeEventListener('abort', onAbort);
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Resolves once the agent runs on every node. */
  async agentReady(): Promise<void> {
    await this.waitFor(
      'daemonsets',
      'kube-system',
      'eks-pod-identity-agent',
      set =>
        set?.status?.numberReady > 0 &&
        set?.status?.numberReady === set?.status?.desiredNumberScheduled,
    );
  }

  /** Runs a command in a container (by default the first one), like `kubectl exec` without a terminal. */
  async exec(
    namespace: string,
    podName: string,
    command: string[],
    container?: string,
  ): Promise<{ exitCode: number; stdout: string; stderr: string }> {
    const pod = this.get('pods', namespace, podName);
    if (!pod) {
      throw new Error(`There is no pod ${namespace}/${podName}`);
    }
    return this.cluster.kubelets.run(
      pod,
      container ?? pod.spec.containers[0].name,
      command,
    );
  }

  /** A service account token, as kubelet would project it. */
  async serviceAccountToken(options: TokenOptions): Promise<string> {
    const {
      namespace,
      serviceAccount,
      audience,
      expirationSeconds = 3600,
      pod,
    } = options;
    const account = this.get('serviceaccounts', namespace, serviceAccount) ?? {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: serviceAccount, namespace, uid: 'unknown' },
    };
    const bound = pod && this.get('pods', namespace, pod);
    const { token } = await this.cluster.tokens.issue(account, {
      audiences: [audience ?? 'pods.eks.amazonaws.com'],
      expirationSeconds,
      ...(pod && {
        boundPod: {
          name: pod,
          uid: (bound && bound.metadata.uid) || 'unknown',
        },
      }),
    });
    return token;
  }

  /** `http://127.0.0.1:…/v1/credentials`: the agent for the machine's real `aws`. */
  agentLoopbackUrl(): string {
    return this.cluster.loopbackAgent.url;
  }

  /** Changes how the loopback agent behaves; `refuse` closes its port until another behaviour is set. */
  setLoopbackAgent(behaviour: AgentBehaviour): Promise<void> {
    return this.cluster.loopbackAgent.setBehaviour(behaviour);
  }

  /** Changes how the agents inside the cluster behave, on one node or on all. */
  setAgent(behaviour: AgentBehaviour, node?: string): void {
    this.cluster.network.setAgentBehaviour(behaviour, node);
  }

  /** Sets what the packets of one node, or of all, meet on their way to EKS Auth; `open` ends it. */
  setEksAuthPath(path: EksAuthPath, node?: string): void {
    this.cluster.network.conditions.eksAuth.set(path, node);
  }

  /** Keeps the agent from its port on one node or on all, and restarts those agents; `free` ends it. */
  setAgentPort(state: AgentPort, node?: string): Promise<void> {
    return this.cluster.network.setAgentPort(state, node);
  }

  /** Takes the credentials of its node from an agent, on one node or on all; `present` gives them back. */
  setNodeCredentials(credentials: NodeCredentials, node?: string): void {
    this.cluster.network.conditions.setCredentials(credentials, node);
  }

  /** Sets a fault of the Pod Identity webhook on one API server, or on all; `{}` ends it. */
  setWebhook(trouble: WebhookTrouble, apiServer?: number): void {
    this.cluster.webhooks.setTrouble(trouble, apiServer);
  }

  /** Sends every new connection to one API server; undefined restores round robin. */
  pinApiServer(apiServer: number | undefined): void {
    this.cluster.apiServers.pin(apiServer);
  }

  /** Adds a third-party webhook; returns a function that removes it. */
  addWebhook(webhook: ForeignWebhook): () => void {
    const { foreign } = this.cluster.webhooks;
    foreign.push(webhook);
    return () => {
      foreign.splice(foreign.indexOf(webhook), 1);
    };
  }

  /** Adds a mesh whose sidecar outlives the other containers of the pod. */
  addSidecarInjector(
    options: { name?: string; matches?: (pod: KubeObject) => boolean } = {},
  ) {
    return this.addWebhook({
      name: options.name ?? 'sidecar-injector.mesh.example.com',
      supportsDryRun: true,
      matches: options.matches,
      mutate: pod => {
        pod.spec.containers.push({
          name: SIDECAR_NAME,
          image: 'registry.example.com/mesh/proxy:1.0',
          securityContext: pod.spec.containers[0]?.securityContext,
        });
      },
    });
  }

  /** Adds a webhook that makes the API server refuse every dry run of a pod with 400. */
  addWebhookWithoutDryRun(name = 'policy.example.com') {
    return this.addWebhook({ name, supportsDryRun: false });
  }

  /** Puts a program behind a Service that webhooks are called on; undefined takes it away. */
  answerWebhooks(
    namespace: string,
    service: string,
    backend: WebhookBackend | undefined,
  ): void {
    this.cluster.webhooks.services.set(namespace, service, backend);
  }

  /** Sets the images that can be pulled; undefined allows all again. */
  setImages(allowed: string[] | undefined): void {
    this.cluster.images.setAllowed(allowed);
  }

  /** Takes the images away that nodes have pulled, so that the next pod pulls them. */
  forgetImages(): void {
    this.cluster.images.forget();
  }

  /** Lets new pods run on Fargate, as another profile does. The cluster must have a role for its nodes. */
  selectForFargate(selector: FargateSelector): void {
    this.cluster.fargate.push(selector);
  }

  /** Takes away all but the Fargate profiles that the cluster was created with. */
  clearFargate(): void {
    this.cluster.clearFargate();
  }

  /** Makes matching pods run for ever and ignore SIGTERM; returns a function that ends this for new pods. */
  hangPods(matches: (pod: KubeObject) => boolean): () => void {
    return this.cluster.kubelets.hang(matches);
  }

  /** Cuts pods off from an AWS service, e.g. `sts`. */
  blockAws(service: string, blocked = true): void {
    this.cluster.network.block(service, blocked);
  }

  /** Sets whether the network plugin enforces NetworkPolicies; the VPC CNI by default does not. */
  enforceNetworkPolicies(enforced: boolean): void {
    this.cluster.network.enforcesPolicies = enforced;
  }

  /** Lets pods of one node, or of all, reach the instance metadata (2), or only the node itself (1). */
  setHopLimit(imdsHopLimit: number, node?: string): void {
    for (const { metadata } of this.list('nodes')) {
      if (node === undefined || metadata.name === node) {
        this.cluster.network.conditions.change(metadata.name, { imdsHopLimit });
      }
    }
  }

  /** What the first container of a pod has printed; empty before it runs. */
  async log(namespace: string, name: string): Promise<string> {
    const pod = this.get('pods', namespace, name);
    const container = pod?.spec.containers[0].name;
    let text = '';
    if (pod && this.cluster.kubelets.isRunning(pod, container)) {
      const lines = this.cluster.kubelets.logs(
        pod,
        { container, follow: false, previous: false, timestamps: false },
        new AbortController().signal,
      );
      for await (const part of lines) text += part;
    }
    return text;
  }

  /** Ends all faults set through this handle; objects stay as they are. */
  async clearTrouble(): Promise<void> {
    this.setWebhook({});
    this.pinApiServer(undefined);
    this.setImages(undefined);
    this.clearFargate();
    this.cluster.webhooks.foreign.length = 0;
    this.cluster.kubelets.clearHanging();
    await this.cluster.network.clear();
    this.cluster.webhooks.services.clear();
    this.cluster.authenticator.clear();
    await this.setLoopbackAgent('normal');
  }

  /** Sets the namespace's Pod Security level. */
  async setPodSecurity(
    namespace: string,
    level: 'privileged' | 'baseline' | 'restricted',
  ): Promise<void> {
    await this.change('namespaces', undefined, namespace, object => {
      object.metadata.labels = {
        ...object.metadata.labels,
        'pod-security.kubernetes.io/enforce': level,
      };
    });
  }

  /** Adds a node; returns its name. */
  addNode(options: NodeOptions): Promise<string> {
    return this.cluster.nodes.add(options);
  }

  removeNode(name: string): Promise<void> {
    return this.cluster.nodes.remove(name);
  }

  /** Sets the taints of one node or all nodes; an empty list removes them. */
  async taint(
    taints: { key: string; value?: string; effect: string }[],
    node?: string,
  ): Promise<void> {
    for (const { metadata } of this.list('nodes')) {
      if (node === undefined || metadata.name === node) {
        await this.change('nodes', undefined, metadata.name, object => {
          object.spec = { ...object.spec, taints };
        });
      }
    }
  }
}
