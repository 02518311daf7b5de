import { ClusterKey, SandboxCore } from '../../core/contract';
import { bindPod } from '../api/binding';
import { DeleteOptions } from '../api/deletion';
import { Registry, Target } from '../api/registry';
import { apiVersionOf, resourceOf, storeKey } from '../model/resources';
import { ApiError } from '../model/status';
import { Store, StoreEvent } from '../store/store';
import { cloneFor, KubeObject, RequestContext } from '../types';

/** The control plane's API client: in process, without authorisation, counted as internal. */
export class InternalClient {
  constructor(
    private readonly core: SandboxCore,
    private readonly cluster: ClusterKey,
    private readonly registry: Registry,
    /** Name of the field manager, e.g. `kubelet`. */
    readonly manager: string,
  ) {}

  get store(): Store {
    return this.registry.store;
  }

  as(manager: string) {
    return new InternalClient(this.core, this.cluster, this.registry, manager);
  }

  get(
    resource: string,
    namespace: string | undefined,
    name: string,
  ): KubeObject | undefined {
    return this.store.get(storeKey(resourceOf(resource)), namespace, name);
  }

  list(resource: string, namespace?: string): KubeObject[] {
    return this.store.list(storeKey(resourceOf(resource)), namespace);
  }

  /** Calls the listener for every existing object and every later change. */
  watch(resource: string, listener: (event: StoreEvent) => void): () => void {
    const key = storeKey(resourceOf(resource));
    const stop = this.store.subscribe(event => {
      if (event.resource === key) listener(event);
    });
    this.list(resource).forEach(object =>
      listener({
        type: 'ADDED',
        revision: this.store.revision,
        resource: key,
        object,
      }),
    );
    return stop;
  }

  async create(
    resource: string,
    namespace: string | undefined,
    body: Omit<KubeObject, 'apiVersion' | 'kind'>,
    managedFields?: KubeObject['metadata']['managedFields'],
  ): Promise<KubeObject> {
    const def = resourceOf(resource);
    const object = {
      apiVersion: apiVersionOf(def),
      kind: def.kind,
      ...body,
    } as KubeObject;
    return this.counted(`create ${def.resource}`, () =>
      this.registry.create(
        def,
        namespace,
        object,
        this.context(),
        managedFields,
      ),
    );
  }

  /** Changes an object in place; does nothing when the object was deleted meanwhile. */
  async change(
    resource: string,
    namespace: string | undefined,
    name: string,
    mutate: (object: KubeObject) => void,
    subresource?: string,
  ): Promise<KubeObject | undefined> {
    const def = resourceOf(resource);
    const target: Target = { def, namespace, name, subresource };
    const operation = `update ${def.resource}${
      subresource ? `/${subresource}` : ''
    }`;
    try {
      return await this.counted(operation, async () => {
        const { object } = await this.registry.update(
          target,
          current => {
            const next = cloneFor(current!, subresource);
            mutate(next);
            return next;
          },
          this.context(),
        );
        return object;
      });
    } catch (error) {
      if (error instanceof ApiError && error.reason === 'NotFound')
        return undefined;
      throw error;
    }
  }

  /** Assigns a pod to a node; does nothing when the pod was deleted meanwhile. */
  async bind(pod: KubeObject, node: string): Promise<void> {
    const { namespace, name } = pod.metadata;
    if (!this.get('pods', namespace, name)) {
      return;
    }
    await this.counted('create pods/binding', async () =>
      bindPod(
        this.store,
        resourceOf('pods'),
        { namespace, name, node },
        { now: this.core.clock.now() },
      ),
    );
  }

  changeStatus(
    resource: string,
    namespace: string | undefined,
    name: string,
    mutate: (object: KubeObject) => void,
  ) {
    return this.change(resource, namespace, name, mutate, 'status');
  }

  /** Deletes an object; does nothing when it is already deleted. */
  async remove(
    resource: string,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): Promise<void> {
    const def = resourceOf(resource);
    try {
      await this.counted(`delete ${def.resource}`, () =>
        this.registry.delete({ def, namespace, name }, options, this.context()),
      );
    } catch (error) {
      if (
        !(
          error instanceof ApiError &&
          ['NotFound', 'Conflict'].includes(error.reason)
        )
      ) {
        throw error;
      }
    }
  }

  private context(): RequestContext {
    return {
      user: { username: `system:${this.manager}`, groups: ['system:masters'] },
      apiServer: 0,
      internal: true,
      dryRun: false,
      fieldManager: this.manager,
      fieldValidation: 'Ignore',
      warnings: [],
    };
  }

  private async counted<T>(
    operation: string,
    call: () => Promise<T>,
  ): Promise<T> {
    let status = operation.startsWith('create') ? 201 : 200;
    try {
      return await call();
    } catch (error) {
      status = error instanceof ApiError ? error.code : 500;
      throw error;
    } finally {
      this.core.calls.record({
        service: 'kubernetes',
        operation,
        write: true,
        cluster: this.cluster.name,
        status,
        internal: true,
        at: this.core.clock.now(),
      });
    }
  }
}
