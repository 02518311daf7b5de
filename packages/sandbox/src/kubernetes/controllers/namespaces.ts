import { SandboxCore } from '../../core/contract';
import { resourceOf, RESOURCES, storeKey } from '../model/resources';
import { KubeObject } from '../types';
import { InternalClient } from './client';
import { keyOf, splitKey, WorkQueue } from './workQueue';

/** Gives each namespace its `default` service account and root CA, and empties namespaces that are being deleted. */
export class NamespaceController {
  readonly #queue: WorkQueue;
  readonly #stops: (() => void)[] = [];

  constructor(
    core: SandboxCore,
    private readonly client: InternalClient,
    private readonly caCertificate: string,
  ) {
    this.#queue = new WorkQueue(
      key => this.reconcile(key),
      (error, key) =>
        core.log(`The namespace controller failed on ${key}: ${error}`),
    );
  }

  start() {
    this.#stops.push(
      this.client.watch('namespaces', ({ object, type }) => {
        if (type !== 'DELETED') this.#queue.add(keyOf(object));
      }),
      this.client.store.subscribe(({ object, type }) => {
        const { namespace } = object.metadata;
        if (type === 'DELETED' && namespace) this.#queue.add(`/${namespace}`);
      }),
    );
  }

  stop() {
    this.#queue.stop();
    this.#stops.forEach(stop => stop());
  }

  private async reconcile(key: string) {
    const { name } = splitKey(key);
    const namespace = this.client.get('namespaces', undefined, name);
    if (!namespace) {
      return;
    }
    if (namespace.metadata.deletionTimestamp) {
      await this.empty(namespace);
    } else {
      await this.fill(name);
    }
  }

  private async fill(namespace: string) {
    if (!this.client.get('serviceaccounts', namespace, 'default')) {
      await this.client.create('serviceaccounts', namespace, {
        metadata: { name: 'default' },
      });
    }
    if (!this.client.get('configmaps', namespace, 'kube-root-ca.crt')) {
      await this.client.create('configmaps', namespace, {
        metadata: { name: 'kube-root-ca.crt' },
        data: { 'ca.crt': this.caCertificate },
      });
    }
  }

  private async empty(namespace: KubeObject) {
    const { name } = namespace.metadata;
    for (const def of RESOURCES.filter(d => d.namespaced && !d.virtual)) {
      for (const { metadata } of this.client.store.list(storeKey(def), name)) {
        if (!metadata.deletionTimestamp) {
          await this.client.remove(storeKey(def), name, metadata.name);
        }
      }
    }
    const remaining = RESOURCES.some(
      def =>
        def.namespaced &&
        !def.virtual &&
        this.client.store.list(storeKey(def), name).length > 0,
    );
    if (!remaining) {
      this.client.store.remove(
        storeKey(resourceOf('namespaces')),
        undefined,
        name,
      );
    }
  }
}
