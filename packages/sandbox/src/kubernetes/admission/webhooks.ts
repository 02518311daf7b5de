import { AwsForKubernetes, SandboxCore } from '../../core/contract';
import { AdmissionPlugin, AdmissionRequest } from '../api/admission';
import { resourceOf, storeKey } from '../model/resources';
import { matchesLabelSelector } from '../model/selectors';
import { badRequest, internalError } from '../model/status';
import { Store } from '../store/store';
import { KubeObject } from '../types';
import {
  mutatePod,
  PodIdentityWebhookOptions,
  WEBHOOK_CONFIGURATION,
  WEBHOOK_NAME,
} from './podIdentityWebhook';

/** A fault of the Pod Identity webhook, on all API servers or on one. */
export interface WebhookTrouble {
  /** The webhook does not answer; its failure policy `Ignore` then admits pods unchanged. */
  down?: boolean;
  /** Share of calls, 0 to 1, that fail open at random. */
  flapping?: number;
}

/** A third-party webhook, e.g. a mesh's sidecar injector. */
export interface ForeignWebhook {
  /** The name in refusals, e.g. `sidecar-injector.istio.io`. */
  name: string;
  /** If false, the API server refuses dry runs with 400. */
  supportsDryRun: boolean;
  /** Whether it is called for this pod. */
  matches?: (pod: KubeObject) => boolean;
  /** Changes the pod in place. */
  mutate?: (pod: KubeObject) => void;
}

/** The mutating webhooks of the cluster, with their faults. */
export class Webhooks implements AdmissionPlugin {
  readonly name = 'MutatingAdmissionWebhook';
  readonly foreign: ForeignWebhook[] = [];
  #everywhere: WebhookTrouble = {};
  #byServer = new Map<number, WebhookTrouble>();

  constructor(
    private readonly core: SandboxCore,
    private readonly store: Store,
    private readonly aws: () => AwsForKubernetes,
    readonly options: PodIdentityWebhookOptions,
  ) {}

  /** Sets the fault of the Pod Identity webhook on one API server, or on all without a number. */
  setTrouble(trouble: WebhookTrouble, apiServer?: number) {
    if (apiServer === undefined) {
      this.#everywhere = trouble;
      this.#byServer.clear();
    } else {
      this.#byServer.set(apiServer, trouble);
    }
  }

  admit(request: AdmissionRequest): void {
    const { operation, def, subresource, object, context } = request;
    if (operation !== 'CREATE' || def.kind !== 'Pod' || subresource) {
      return;
    }
    const pod = object!;
    this.callPodIdentity(pod, request.namespace!, context.apiServer);
    for (const webhook of this.foreign) {
      if (webhook.matches?.(pod) ?? true) {
        if (context.dryRun && !webhook.supportsDryRun) {
          throw badRequest(
            `admission webhook ${JSON.stringify(
              webhook.name,
            )} does not support dry run`,
          );
        }
        webhook.mutate?.(pod);
      }
    }
  }

  private callPodIdentity(
    pod: KubeObject,
    namespace: string,
    apiServer: number,
  ) {
    const webhook = this.configured();
    if (!webhook || !this.selects(webhook, pod, namespace)) {
      return;
    }
    if (this.failsNow(apiServer)) {
      if (webhook.failurePolicy === 'Fail') {
        throw internalError(
          `failed calling webhook "${WEBHOOK_NAME}": failed to call webhook: Post "${webhook.clientConfig.url}?timeout=${webhook.timeoutSeconds}s": dial tcp 127.0.0.1:23443: connect: connection refused`,
        );
      }
      return;
    }
    const account = this.store.get(
      storeKey(resourceOf('serviceaccounts')),
      namespace,
      pod.spec.serviceAccountName,
    );
    if (!account) {
      return;
    }
    const inFile = this.aws()
      .webhookIdentities(this.options.cluster, apiServer)
      .some(
        i =>
          i.namespace === namespace &&
          i.serviceAccount === account.metadata.name,
      );
    mutatePod(pod, account, inFile, this.options, () => this.core.random());
  }

  private failsNow(apiServer: number): boolean {
    const { down, flapping = 0 } =
      this.#byServer.get(apiServer) ?? this.#everywhere;
    return Boolean(down) || (flapping > 0 && this.core.random() < flapping);
  }

  /** The webhook's entry in its configuration object, which a client may have edited or deleted. */
  private configured(): any {
    const configuration = this.store.get(
      storeKey(resourceOf('mutatingwebhookconfigurations')),
      undefined,
      WEBHOOK_CONFIGURATION,
    );
    return configuration?.webhooks?.find((w: any) => w.name === WEBHOOK_NAME);
  }

  private selects(webhook: any, pod: KubeObject, namespace: string): boolean {
    const byRule = (webhook.rules ?? []).some(
      (rule: any) =>
        ['CREATE', '*'].some(o => rule.operations?.includes(o)) &&
        ['pods', '*', '*/*'].some(r => rule.resources?.includes(r)),
    );
    const ns = this.store.get(
      storeKey(resourceOf('namespaces')),
      undefined,
      namespace,
    );
    return (
      byRule &&
      matchesLabelSelector(webhook.objectSelector, pod.metadata.labels) &&
      matchesLabelSelector(webhook.namespaceSelector, ns?.metadata.labels)
    );
  }
}
