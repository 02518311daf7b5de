import { applyPatch, Operation } from 'fast-json-patch';
import { AwsForKubernetes, SandboxCore } from '../../core/contract';
import { AdmissionPlugin, AdmissionRequest } from '../api/admission';
import { randomUid } from '../api/random';
import { resourceOf, storeKey } from '../model/resources';
import { badRequest, forbidden, internalError } from '../model/status';
import { decodeObject } from '../schema/decode';
import { Store } from '../store/store';
import { clone, KubeObject } from '../types';
import { applyDefaults } from '../validation/defaults';
import {
  matchConditions,
  matchesRule,
  matchesSelectors,
  namespaceOf,
  variablesOf,
} from './matching';
import {
  mutatePod,
  PodIdentityWebhookOptions,
  WEBHOOK_NAME,
  WEBHOOK_URL,
} from './podIdentityWebhook';
import { post, WebhookCallError } from './webhookCall';
import { denialOf, reviewOf, Verdict, verdictOf } from './webhookReview';
import { WebhookServices } from './webhookServices';

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

const VERSIONS = ['v1', 'v1beta1'];

const isNewPod = ({ operation, def, subresource }: AdmissionRequest) =>
  operation === 'CREATE' && def.kind === 'Pod' && !subresource;

/** Replaces what an object is, for those who hold on to it. */
function become(object: any, next: object) {
  Object.keys(object).forEach(key => delete object[key]);
  Object.assign(object, next);
}

/**
 * Calls the webhooks that are registered, as the API server does: mutating ones in order, then validating ones at once.
 * It calls no mutating webhook a second time after another one's change (`reinvocationPolicy`), and none for CONNECT.
 */
export class Webhooks implements AdmissionPlugin {
  readonly name = 'MutatingAdmissionWebhook';
  readonly foreign: ForeignWebhook[] = [];
  readonly services: WebhookServices;
  #everywhere: WebhookTrouble = {};
  #byServer = new Map<number, WebhookTrouble>();

  constructor(
    private readonly core: SandboxCore,
    private readonly store: Store,
    private readonly aws: () => AwsForKubernetes,
    readonly options: PodIdentityWebhookOptions,
  ) {
    this.services = new WebhookServices(core, store);
  }

  /** Sets the fault of the Pod Identity webhook on one API server, or on all without a number. */
  setTrouble(trouble: WebhookTrouble, apiServer?: number) {
    if (apiServer === undefined) {
      this.#everywhere = trouble;
      this.#byServer.clear();
    } else {
      this.#byServer.set(apiServer, trouble);
    }
  }

  async admit(request: AdmissionRequest): Promise<void> {
    for (const webhook of this.relevant(
      'mutatingwebhookconfigurations',
      request,
    )) {
      await this.failingBy(webhook, () => this.mutate(webhook, request));
    }
    if (isNewPod(request)) {
      this.callForeign(request);
    }
  }

  /** The plugin of the validating webhooks, which run after all changes. */
  readonly validating: AdmissionPlugin = {
    name: 'ValidatingAdmissionWebhook',
    validate: async request => {
      const webhooks = this.relevant(
        'validatingwebhookconfigurations',
        request,
      );
      await Promise.all(
        webhooks.map(webhook =>
          this.failingBy(webhook, async () => {
            await this.call(webhook, request, false);
          }),
        ),
      );
    },
  };

  /** The webhooks of a kind of configuration that are to be called, in their order. */
  private relevant(resource: string, request: AdmissionRequest): any[] {
    // A broken webhook must not keep its owner from fixing it.
    if (request.def.group === 'admissionregistration.k8s.io') {
      return [];
    }
    return this.store
      .list(storeKey(resourceOf(resource)))
      .flatMap(configuration => configuration.webhooks ?? [])
      .filter(webhook => this.applies(webhook, request));
  }

  private applies(webhook: any, request: AdmissionRequest): boolean {
    if (
      !(webhook.rules ?? []).some((rule: any) => matchesRule(rule, request)) ||
      !matchesSelectors(this.store, webhook, request)
    ) {
      return false;
    }
    const matches = matchConditions(webhook.matchConditions, () =>
      variablesOf(request, namespaceOf(this.store, request)),
    );
    if ('value' in matches) {
      return matches.value;
    }
    if (webhook.failurePolicy === 'Ignore') {
      return false;
    }
    throw forbidden(request.def, request.name, matches.error);
  }

  /** A call that fails refuses the request or is passed over, as the webhook's failure policy says. */
  private async failingBy(
    webhook: any,
    call: () => Promise<void>,
  ): Promise<void> {
    try {
      await call();
    } catch (error) {
      if (!(error instanceof WebhookCallError)) {
        throw error;
      }
      if (webhook.failurePolicy !== 'Ignore') {
        throw internalError(
          `failed calling webhook ${JSON.stringify(webhook.name)}: ${
            error.message
          }`,
        );
      }
    }
  }

  private async mutate(webhook: any, request: AdmissionRequest) {
    if (
      webhook.name === WEBHOOK_NAME &&
      webhook.clientConfig?.url === WEBHOOK_URL
    ) {
      this.callPodIdentity(webhook, request);
      return;
    }
    const { patch = [] } = await this.call(webhook, request, true);
    if (patch.length === 0) {
      return;
    }
    const { object, def, context } = request;
    if (!object) {
      throw internalError(
        `admission webhook ${JSON.stringify(
          webhook.name,
        )} attempted to modify the object, which is not supported for this operation`,
      );
    }
    let patched;
    try {
      patched = applyPatch(
        clone(object),
        patch as Operation[],
        true,
      ).newDocument;
    } catch (error) {
      throw internalError((error as Error).message.split('\n')[0]);
    }
    const next = decodeObject(patched, def, {
      ...context,
      fieldValidation: 'Ignore',
    });
    applyDefaults(next);
    become(object, next);
  }

  /** Sends a review; throws the refusal of the webhook. */
  private async call(
    webhook: any,
    request: AdmissionRequest,
    mutating: boolean,
  ): Promise<Verdict> {
    const version = (webhook.admissionReviewVersions ?? []).find((v: string) =>
      VERSIONS.includes(v),
    );
    const uid = randomUid(this.core);
    const review = reviewOf(request, version, uid);
    const { url, service, caBundle } = webhook.clientConfig;
    const { timeoutSeconds } = webhook;
    const answer = await (service
      ? this.services.call(service, timeoutSeconds, review)
      : post(this.core, { url, caBundle, timeoutSeconds }, review));
    const verdict = verdictOf(answer, { version, uid, mutating });
    request.context.warnings.push(...verdict.warnings);
    if (!verdict.allowed) {
      throw denialOf(webhook.name, verdict);
    }
    return verdict;
  }

  private callForeign({ object, context }: AdmissionRequest) {
    const pod = object!;
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

  private callPodIdentity(webhook: any, request: AdmissionRequest) {
    if (!isNewPod(request)) {
      return;
    }
    const { apiServer } = request.context;
    if (this.failsNow(apiServer)) {
      throw new WebhookCallError(
        `failed to call webhook: Post "${WEBHOOK_URL}?timeout=${
          webhook.timeoutSeconds
        }s": dial tcp ${
          new URL(WEBHOOK_URL).host
        }: connect: connection refused`,
      );
    }
    const pod = request.object!;
    const namespace = request.namespace!;
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
}
