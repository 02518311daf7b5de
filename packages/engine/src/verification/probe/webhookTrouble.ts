import { selectorMatches } from '../../kubernetes/labelSelector';
import type {
  KubernetesApi,
  WebhookConfiguration,
} from '../../kubernetes/types';
import { kubectl } from '../../text/bash';
import { settingOf, type Voice } from '../../text/voice';
import type { Blocker, PodWebhook } from '../framework/blocker';
import type { Fix } from '../framework/fix';

/** Of EKS itself: in the control plane, so that no owner in the cluster can fix it. */
const OF_EKS = 'iam-for-pods.amazonaws.com';

const includes = (listed: readonly string[] | undefined, one: string) =>
  (listed ?? []).some(text => text === one || text === '*' || text === '*/*');

type Webhook = NonNullable<WebhookConfiguration['webhooks']>[number];

function judgesPods(
  { rules = [], namespaceSelector }: Webhook,
  labels: Record<string, string>,
): boolean {
  return (
    selectorMatches(namespaceSelector, labels) &&
    rules.some(
      rule =>
        includes(rule.apiGroups, '') &&
        includes(rule.operations, 'CREATE') &&
        includes(rule.resources, 'pods'),
    )
  );
}

/**
 * The webhooks of other owners that judge new pods of a namespace.
 *
 * @throws KubernetesError also where the portal is not allowed to list them, which its documented rights leave open
 */
export async function podWebhooks(
  kubernetes: KubernetesApi,
  labels: Record<string, string>,
  signal?: AbortSignal,
): Promise<PodWebhook[]> {
  const of = (
    kind: PodWebhook['kind'],
    configurations: WebhookConfiguration[],
  ): PodWebhook[] =>
    configurations.flatMap(({ metadata, webhooks = [] }) =>
      webhooks
        .filter(one => one.name !== OF_EKS && judgesPods(one, labels))
        .map(({ name, clientConfig, timeoutSeconds = 10 }) => ({
          name,
          kind,
          configuration: metadata?.name ?? '',
          service: clientConfig.service,
          timeoutSeconds,
        })),
    );
  const [mutating, validating] = await Promise.all([
    kubernetes.listMutatingWebhookConfigurations({ signal }),
    kubernetes.listValidatingWebhookConfigurations({ signal }),
  ]);
  return [
    ...of('mutatingwebhookconfiguration', mutating),
    ...of('validatingwebhookconfiguration', validating),
  ];
}

const LIST_WEBHOOKS = kubectl('get', {
  kind: 'validatingwebhookconfigurations,mutatingwebhookconfigurations',
})`-o ${'custom-columns=CONFIGURATION:.metadata.name,WEBHOOK:.webhooks[*].name,SERVICE:.webhooks[*].clientConfig.service.name,SECONDS:.webhooks[*].timeoutSeconds'}`;

const lookAt = ({ namespace }: { namespace: string }) =>
  kubectl('get', { kind: 'services,pods', namespace })``;

const bringBack = (service: { namespace: string; name: string } | undefined) =>
  service
    ? `Bring its service ${service.name} in namespace ${service.namespace} back, or ask its owner to.`
    : 'Bring the webhook back, or ask its owner to.';

function serviceIn(message: string) {
  const [, name, namespace] =
    /https?:\/\/([\w-]+)\.([\w-]+)\.svc[:/.]/.exec(message) ?? [];
  return name ? { namespace, name } : undefined;
}

function deadFix(message: string, found: PodWebhook | undefined): Fix {
  const service = serviceIn(message);
  const cause =
    "The failure policy of the webhook is Fail: while it is down, the API server rejects every pod it covers, including the workload's.";
  if (found && service && /service "[^"]*" not found/.test(message)) {
    return {
      cause,
      actions: [
        `Its service ${service.name} is not there: install again what had it in namespace ${service.namespace}.`,
        'If that was removed for good, let its owner delete the configuration that it left behind, with this command.',
      ],
      commands: [
        kubectl('delete', { kind: found.kind, name: found.configuration })``,
      ],
    };
  }
  return {
    cause,
    actions: [
      bringBack(service),
      'If it was removed for good, let its owner delete its configuration.',
    ],
    commands: [service ? lookAt(service) : LIST_WEBHOOKS],
  };
}

/** A webhook of another owner that does not answer and whose failure policy is Fail. */
export function explainDeadWebhook(
  message: string,
  registered: readonly PodWebhook[] = [],
): Blocker | undefined {
  const name = /failed calling webhook "([^"]+)"/.exec(message)?.[1];
  if (!name) return undefined;
  return {
    reason: 'webhook-down',
    sentence: `The admission webhook ${name} does not answer, and the cluster refuses new pods without its answer: ${message
      .replace(/\s+/g, ' ')
      .trim()}`,
    fix: deadFix(
      message,
      registered.find(one => one.name === name),
    ),
    named: known => explainDeadWebhook(message, known),
  };
}

/** Two or more, in words: `x or y`, `x, y or z`. */
const either = (names: readonly string[]): string =>
  `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;

/** Which webhooks may be the slow one, to begin a sentence. */
function suspects(registered: readonly PodWebhook[]): string {
  const names = [...new Set(registered.map(({ name }) => name))];
  if (names.length === 0) return 'An admission webhook';
  return names.length === 1
    ? `The admission webhook ${names[0]}`
    : `One of the admission webhooks ${either(names)}`;
}

/** Why pods are admitted slowly. */
export function slowFix(registered: readonly PodWebhook[]): Fix {
  const services = registered.flatMap(({ service }) => service ?? []);
  const [service] = services;
  const one = services.length === 1 ? service : undefined;
  return {
    cause:
      'The API server waits for its admission webhooks whenever a pod is created, so pods of the workload start late too.',
    actions: [
      one
        ? bringBack(one)
        : 'Find the webhook that does not answer: its owner brings it back.',
      'If it was removed for good, let its owner delete its configuration.',
    ],
    commands: [one ? lookAt(one) : LIST_WEBHOOKS],
  };
}

/** The API answers, and a pod that is created does not get an answer in time. */
export function explainSlowWebhook(
  seconds: number,
  voice: Voice,
  registered: readonly PodWebhook[] = [],
): Blocker {
  const fix = slowFix(registered);
  const longest = registered.reduce((sum, one) => sum + one.timeoutSeconds, 0);
  return {
    reason: 'webhook-slow',
    sentence: `${suspects(
      registered,
    )} is slow: the Kubernetes API answers other calls, but a pod is not created within ${seconds} s.`,
    fix: {
      ...fix,
      actions: [
        ...fix.actions,
        `To verify nevertheless, raise ${settingOf(
          voice,
          'eksPodIdentity.timings.requestTimeout',
        )}${longest ? ` above ${longest} s` : ''}.`,
      ],
    },
    named: known => explainSlowWebhook(seconds, voice, known),
  };
}

/** `a webhook is slow`, of pods that were created nevertheless. */
export function slowSentence(
  ms: number,
  registered: readonly PodWebhook[],
): string {
  return `${suspects(registered)} is slow: a new pod is admitted after ${(
    ms / 1000
  ).toFixed(1)} s.`;
}

/** The same blocker with what the cluster's registrations tell, if it is about a webhook and they can be read. */
export async function withNames(
  blocker: Blocker,
  read: () => Promise<PodWebhook[]>,
): Promise<Blocker> {
  if (!blocker.named) return blocker;
  try {
    return blocker.named(await read()) ?? blocker;
  } catch {
    return blocker;
  }
}
