import { SandboxCore } from '../../core/contract';
import { resourceOf, RESOURCES, storeKey } from '../model/resources';
import { isoTime, KubeObject } from '../types';
import { InternalClient } from './client';
import { keyOf, splitKey, WorkQueue } from './workQueue';

const NAMESPACES = storeKey(resourceOf('namespaces'));

/** Simulated milliseconds from the deletion of a namespace until its controller finalises it. */
const GRACE_MS = 5_000;

/** What the controller says of a namespace that it has emptied. */
const EMPTIED: [string, string, string][] = [
  [
    'NamespaceDeletionDiscoveryFailure',
    'ResourcesDiscovered',
    'All resources successfully discovered',
  ],
  [
    'NamespaceDeletionGroupVersionParsingFailure',
    'ParsedGroupVersions',
    'All legacy kube types successfully parsed',
  ],
  [
    'NamespaceDeletionContentFailure',
    'ContentDeleted',
    'All content successfully deleted, may be waiting on finalization',
  ],
  [
    'NamespaceContentRemaining',
    'ContentRemoved',
    'All content successfully removed',
  ],
  [
    'NamespaceFinalizersRemaining',
    'ContentHasNoFinalizers',
    'All content-preserving finalizers finished',
  ],
];

const finalized = (namespace: KubeObject, now: string): KubeObject => ({
  ...namespace,
  spec: {},
  status: {
    phase: 'Terminating',
    conditions: EMPTIED.map(([type, reason, message]) => ({
      type,
      status: 'False',
      lastTransitionTime: now,
      reason,
      message,
    })),
  },
});

/** Gives each namespace its `default` service account and root CA, and empties namespaces that are being deleted. */
export class NamespaceController {
  readonly #queue: WorkQueue;
  readonly #stops: (() => void)[] = [];

  /** UIDs of namespaces that wait to be finalised. */
  readonly #finalizing = new Set<string>();

  constructor(
    private readonly core: SandboxCore,
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
    if (remaining) {
      return;
    }
    if (namespace.metadata.finalizers?.length) {
      this.finalizeLater(namespace);
      return;
    }
    this.client.store.remove(NAMESPACES, undefined, name);
  }

  /**
   * Something else keeps the namespace. A real controller lets every API server learn of the deletion before it
   * finalises; here only a namespace that stays shows that.
   */
  private finalizeLater({ metadata: { name, uid } }: KubeObject) {
    if (this.#finalizing.has(uid!)) {
      return;
    }
    this.#finalizing.add(uid!);
    const { clock } = this.core;
    clock.schedule(clock.now() + GRACE_MS, async () => {
      const namespace = this.client.get('namespaces', undefined, name);
      if (namespace?.metadata.uid === uid) {
        this.client.store.put(
          NAMESPACES,
          finalized(namespace!, isoTime(clock.now())),
        );
      }
    });
  }
}
