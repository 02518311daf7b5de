import { SandboxCore } from '../../core/contract';
import { resourceOf, storeKey } from '../model/resources';
import { matchesLabelSelector } from '../model/selectors';
import { Store } from '../store/store';
import { KubeObject } from '../types';
import { noAnswer, WebhookAddress, WebhookCallError } from './webhookCall';

/** The program behind a Service: answers a review, or never does. */
export type WebhookBackend = 'hangs' | ((review: any) => unknown);

const isReady = ({ metadata, status }: KubeObject) =>
  !metadata.deletionTimestamp &&
  (status?.conditions ?? []).some(
    (c: any) => c.type === 'Ready' && c.status === 'True',
  );

/**
 * Calls webhooks behind Services, over the cluster's own network. No container of the sandbox listens on a port, so a
 * Service answers only where a test or a scenario put a program behind it.
 */
export class WebhookServices {
  readonly #backends = new Map<string, WebhookBackend>();

  constructor(
    private readonly core: SandboxCore,
    private readonly store: Store,
  ) {}

  /** Puts a program behind a Service; undefined takes it away. */
  set(namespace: string, name: string, backend: WebhookBackend | undefined) {
    if (backend) {
      this.#backends.set(`${namespace}/${name}`, backend);
    } else {
      this.#backends.delete(`${namespace}/${name}`);
    }
  }

  clear() {
    this.#backends.clear();
  }

  async call(
    service: { namespace: string; name: string; path?: string; port: number },
    timeoutSeconds: number,
    review: unknown,
  ): Promise<unknown> {
    const { namespace, name, path = '', port } = service;
    const address: WebhookAddress = {
      url: `https://${name}.${namespace}.svc:${port}${path || '/'}`,
      timeoutSeconds,
    };
    const fault = this.faultOf(namespace, name, port);
    const backend = this.#backends.get(`${namespace}/${name}`);
    if (fault && !(fault.answersAnyway && backend)) {
      throw new WebhookCallError(
        `failed to call webhook: Post "${address.url}?timeout=${timeoutSeconds}s": ${fault.text}`,
      );
    }
    return typeof backend === 'function'
      ? backend(review)
      : noAnswer(this.core, address);
  }

  private faultOf(
    namespace: string,
    name: string,
    port: number,
  ): { text: string; answersAnyway?: boolean } | undefined {
    const service = this.store.get(
      storeKey(resourceOf('services')),
      namespace,
      name,
    );
    if (!service) {
      return { text: `service ${JSON.stringify(name)} not found` };
    }
    const entry = (service.spec.ports ?? []).find((p: any) => p.port === port);
    if (!entry) {
      return {
        text: `no service port ${port} found for service ${JSON.stringify(
          name,
        )}`,
      };
    }
    const ready = this.store
      .list(storeKey(resourceOf('pods')), namespace)
      .filter(
        pod =>
          service.spec.selector &&
          matchesLabelSelector(
            { matchLabels: service.spec.selector },
            pod.metadata.labels,
          ) &&
          isReady(pod),
      );
    if (ready.length === 0) {
      return {
        text: `no endpoints available for service ${JSON.stringify(name)}`,
      };
    }
    return {
      text: `dial tcp ${ready[0].status.podIP}:${
        entry.targetPort ?? port
      }: connect: connection refused`,
      answersAnyway: true,
    };
  }
}
