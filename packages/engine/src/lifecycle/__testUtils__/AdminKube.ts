import {
  KubeConfig,
  KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
} from '@kubernetes/client-node';
import type { Sandbox } from 'eks-sandbox';
import { systemClock } from '../../async/clock';
import { createTokenSource } from '../../aws/eksToken';

/** Acts as the cluster's administrator, with any field manager. */
export class AdminKube {
  readonly #sandbox: Sandbox;
  readonly #name: string;

  constructor(sandbox: Sandbox, name: string) {
    this.#sandbox = sandbox;
    this.#name = name;
  }

  #made?: Promise<KubernetesObjectApi>;

  /** Created once, because it caches discovery. Its token outlives every test. */
  #api(): Promise<KubernetesObjectApi> {
    this.#made ??= this.#connect();
    return this.#made;
  }

  async #connect(): Promise<KubernetesObjectApi> {
    const connection = this.#sandbox
      .connections()
      .find(({ name }) => name === this.#name);
    if (!connection) throw new Error(`No cluster ${this.#name}`);
    const { accessKeyId, secretAccessKey } = this.#sandbox.credentials.admin;
    const token = await createTokenSource({
      clusterName: this.#name,
      region: connection.region,
      credentials: async () => ({ accessKeyId, secretAccessKey }),
      clock: systemClock,
    }).get();
    const config = new KubeConfig();
    config.loadFromOptions({
      clusters: [
        {
          name: 'c',
          server: connection.endpoint,
          caData: connection.certificateAuthorityData,
        },
      ],
      users: [{ name: 'u', token }],
      contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
      currentContext: 'x',
    });
    return KubernetesObjectApi.makeApiClient(config);
  }

  async create<T extends KubernetesObject>(
    object: T,
    manager = 'kubectl-create',
  ): Promise<T> {
    const api = await this.#api();
    return api.create(object, undefined, undefined, manager);
  }

  async apply<T extends KubernetesObject>(
    object: T,
    manager: string,
  ): Promise<T> {
    const api = await this.#api();
    return api.patch(
      object,
      undefined,
      undefined,
      manager,
      true,
      PatchStrategy.ServerSideApply,
    ) as Promise<T>;
  }

  async find<T extends KubernetesObject>(
    kind: string,
    name: string,
    namespace?: string,
    apiVersion = 'v1',
  ): Promise<T | undefined> {
    const api = await this.#api();
    try {
      return (await api.read({
        apiVersion,
        kind,
        metadata: { name, namespace },
      } as any)) as T;
    } catch (error) {
      if ((error as { code?: number }).code === 404) return undefined;
      throw error;
    }
  }

  async remove(
    kind: string,
    name: string,
    namespace?: string,
    apiVersion = 'v1',
  ): Promise<void> {
    const api = await this.#api();
    await api.delete({ apiVersion, kind, metadata: { name, namespace } });
  }

  namespace(name: string, labels: Record<string, string> = {}) {
    return this.create({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels },
    });
  }

  serviceAccount(
    namespace: string,
    name: string,
    metadata: Record<string, unknown> = {},
    manager = 'kubectl-create',
  ) {
    return this.create(
      {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name, namespace, ...metadata },
      },
      manager,
    );
  }

  deployment(
    namespace: string,
    name: string,
    serviceAccountName: string,
    replicas: number,
    metadata: Record<string, unknown> = {},
  ) {
    return this.create({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, ...metadata },
      spec: {
        replicas,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: {
            serviceAccountName,
            containers: [
              { name: 'app', image: 'busybox', command: ['sleep', '3600'] },
            ],
          },
        },
      },
    } as any);
  }
}
