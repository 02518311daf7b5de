import { AwsForKubernetes, ClusterKey, SandboxCore } from '../core/contract';
import { fargateAdmission } from './admission/fargate';
import { limitRanger } from './admission/limitRanger';
import { namespaceLifecycle } from './admission/namespaceLifecycle';
import { podDefaults } from './admission/podDefaults';
import { podSecurity } from './admission/podSecurity';
import { resourceQuota } from './admission/resourceQuota';
import { serviceAccountAdmission } from './admission/serviceAccount';
import { validatingPolicies } from './admission/validatingPolicies';
import { Webhooks } from './admission/webhooks';
import { PodIdentityAgent } from './agent/agent';
import { ClusterNetwork } from './agent/clusterNetwork';
import { LoopbackAgent } from './agent/loopback';
import { AdmissionChain } from './api/admission';
import { Registry } from './api/registry';
import { Authenticator } from './auth/authenticator';
import { AWS_AUTH } from './auth/awsAuth';
import { Authorizer } from './auth/authorizer';
import { bootstrap } from './bootstrap';
import { InternalClient } from './controllers/client';
import { DaemonSetController } from './controllers/daemonSets';
import { EventRecorder } from './controllers/events';
import { GarbageCollector } from './controllers/garbageCollector';
import { NamespaceController } from './controllers/namespaces';
import { NodePool } from './controllers/nodePool';
import { PolicyTypesController } from './controllers/policyTypes';
import { ResourceQuotaController } from './controllers/resourceQuotas';
import { Scheduler } from './controllers/scheduler';
import { workloadControllers } from './controllers/workloads';
import { ApiServers } from './http/server';
import { certificatesOf, ServerCertificates } from './http/tls';
import { ImageRegistry } from './kubelet/images';
import { Kubelets } from './kubelet/kubelets';
import { resourceOf, storeKey } from './model/resources';
import { ClusterOptions, FargateSelector } from './options';
import { PodSandbox } from './runtime/podSandbox';
import { ServiceAccountTokens } from './runtime/tokens';
import { Store } from './store/store';

const DEFAULT_VERSION = '1.32';
const DEFAULT_API_SERVERS = 2;

interface Runnable {
  start(): void;
  stop(): void;
}

/** The wired-up parts of one cluster. */
export class Cluster {
  readonly store = new Store();
  readonly client: InternalClient;
  readonly webhooks: Webhooks;
  readonly nodes: NodePool;
  readonly kubelets: Kubelets;
  readonly images: ImageRegistry;
  readonly network: ClusterNetwork;
  readonly loopbackAgent: LoopbackAgent;
  readonly authenticator: Authenticator;
  readonly apiServers: ApiServers;
  endpoint = '';
  readonly #controllers: Runnable[];
  /** Which pods run on Fargate. */
  readonly fargate: FargateSelector[] = [];

  private constructor(
    readonly core: SandboxCore,
    readonly key: ClusterKey,
    readonly options: ClusterOptions,
    aws: () => AwsForKubernetes,
    readonly certificates: ServerCertificates,
    readonly tokens: ServiceAccountTokens,
  ) {
    const version = options.version ?? DEFAULT_VERSION;
    this.clearFargate();
    this.webhooks = new Webhooks(core, this.store, aws, {
      cluster: key,
      ipFamily: options.ipFamily ?? 'ipv4',
      labelsPods: options.labelsInjectedPods ?? true,
    });
    const registry = new Registry(
      core,
      this.store,
      new AdmissionChain([
        namespaceLifecycle(this.store),
        limitRanger(this.store),
        serviceAccountAdmission(core, this.store),
        podSecurity(this.store),
        podDefaults(),
        fargateAdmission(this.fargate),
        this.webhooks,
        validatingPolicies(this.store),
        this.webhooks.validating,
        resourceQuota(this.store),
      ]),
    );
    this.client = new InternalClient(
      core,
      key,
      registry,
      'kube-controller-manager',
    );
    const events = new EventRecorder(core, this.client);
    this.images = new ImageRegistry(options.images);
    this.network = new ClusterNetwork(core, key, aws, this.client);
    const scheduler = new Scheduler(
      core,
      this.client.as('kube-scheduler'),
      events,
      version,
    );
    this.nodes = new NodePool(
      core,
      key,
      version,
      options.fargate,
      this.client,
      scheduler,
    );
    this.kubelets = new Kubelets({
      core,
      client: this.client,
      events,
      images: this.images,
      node: name => this.nodes.facts(name),
      createSandbox: (pod, node) =>
        PodSandbox.create(
          {
            core,
            store: this.store,
            tokens,
            network: this.network.forPod(pod, node),
            awsEndpoint: () => aws().endpointUrl,
            region: key.region,
          },
          pod,
        ),
    });
    this.loopbackAgent = new LoopbackAgent(
      new PodIdentityAgent(core, key, aws, () =>
        this.network.agentNode(this.nodes.agentNode()),
      ),
    );
    this.#controllers = [
      new NamespaceController(core, this.client, certificates.ca),
      new GarbageCollector(core, this.client),
      new ResourceQuotaController(core, this.client),
      new PolicyTypesController(core, this.client),
      scheduler,
      this.nodes,
      new DaemonSetController(core, this.client, events),
      ...workloadControllers(core, this.client, events),
      this.kubelets,
    ];
    this.authenticator = new Authenticator(
      core,
      key,
      aws,
      token => this.verifyForApi(token),
      () =>
        this.store.get(
          storeKey(resourceOf('configmaps')),
          'kube-system',
          AWS_AUTH,
        ),
    );
    this.apiServers = new ApiServers(
      certificates,
      {
        core,
        cluster: key,
        version,
        store: this.store,
        registry,
        authenticator: this.authenticator,
        authorizer: new Authorizer(this.store),
        kubelet: this.kubelets,
        tokens,
      },
      options.apiServers ?? DEFAULT_API_SERVERS,
    );
  }

  static async start(
    core: SandboxCore,
    key: ClusterKey,
    options: ClusterOptions,
    aws: () => AwsForKubernetes,
    issuer: string,
  ): Promise<Cluster> {
    const [certificates, tokens] = await Promise.all([
      certificatesOf(key),
      ServiceAccountTokens.create(core, issuer),
    ]);
    const cluster = new Cluster(core, key, options, aws, certificates, tokens);
    try {
      await cluster.run();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  private async run(): Promise<void> {
    this.#controllers.forEach(controller => controller.start());
    await bootstrap(this.client);
    for (const node of this.options.nodes ?? []) {
      await this.nodes.add(node);
    }
    await this.loopbackAgent.listen();
    this.endpoint = await this.apiServers.listen(this.options.port);
  }

  /** Only the profiles that the cluster was created with. */
  clearFargate(): void {
    const selectors = this.options.fargate?.selectors ?? [];
    this.fargate.splice(0, this.fargate.length, ...selectors);
  }

  async stop(): Promise<void> {
    [...this.#controllers].reverse().forEach(controller => controller.stop());
    await Promise.all([this.apiServers.close(), this.loopbackAgent.close()]);
  }

  /** Refuses tokens whose service account or pod was deleted. */
  private async verifyForApi(token: string) {
    const verified = await this.tokens.verify(token);
    if (!verified.ok) {
      return undefined;
    }
    const { namespace, serviceAccount, podName, podUid } = verified.claims;
    const account = this.client.get(
      'serviceaccounts',
      namespace,
      serviceAccount,
    );
    const pod = podName
      ? this.client.get('pods', namespace, podName)
      : undefined;
    const alive =
      account?.metadata.uid === verified.uid &&
      (!podUid || pod?.metadata.uid === podUid);
    return alive ? { claims: verified.claims, uid: verified.uid } : undefined;
  }
}
