import type { V1LabelSelector } from '../../kubernetes/objects';
import { selectorMatches } from '../../kubernetes/labelSelector';
import { type Command, kubectl } from '../../text/bash';
import { type Fact, valueOf } from '../framework/fact';
import type { NamespaceFact } from '../framework/facts/serviceAccount';
import type { WebhookFact } from '../framework/facts/admission';

const CONFIGURATION = 'pod-identity-webhook';
const WEBHOOK = 'iam-for-pods.amazonaws.com';

/** What EKS has in the members of its webhook that people edit. */
const OF_EKS = {
  rules: [
    {
      apiGroups: [''],
      apiVersions: ['v1'],
      operations: ['CREATE'],
      resources: ['pods'],
      scope: '*',
    },
  ],
  namespaceSelector: {},
  objectSelector: {
    matchExpressions: [
      {
        key: 'eks.amazonaws.com/skip-pod-identity-webhook',
        operator: 'DoesNotExist',
      },
    ],
  },
  matchConditions: [],
  'clientConfig/url': 'https://127.0.0.1:23443/mutate',
};

/** What is wrong with the webhook's registration, and the command that puts it back where one can. */
export interface RegistrationTrouble {
  what: string;
  repair?: Command;
}

/** Puts one member back, if the webhook is still where it was seen. */
function repairOf(index: number, member: keyof typeof OF_EKS): Command {
  const path = `/webhooks/${index}`;
  const patch = [
    { op: 'test', path: `${path}/name`, value: WEBHOOK },
    { op: 'add', path: `${path}/${member}`, value: OF_EKS[member] },
  ];
  return kubectl('patch', {
    kind: 'mutatingwebhookconfiguration',
    name: CONFIGURATION,
  })`--type json --patch ${JSON.stringify(patch)}`;
}

/**
 * What keeps the webhook of EKS from new pods; undefined if nothing does or it could not be read.
 *
 * @param pod - those of a workload; default: any without labels
 */
export function registrationTrouble(
  webhook: Fact<WebhookFact | null>,
  namespace: NamespaceFact | null | undefined,
  pod?: { of: string; labels: Record<string, string> },
): RegistrationTrouble | undefined {
  if (!webhook.known) return undefined;
  // Its CA is known to the control plane alone, so that no command can write it again.
  if (!webhook.value) {
    return {
      what: `The MutatingWebhookConfiguration ${CONFIGURATION} is gone`,
    };
  }
  const index = webhook.value.webhooks.findIndex(one => one.name === WEBHOOK);
  const hook = webhook.value.webhooks[index];
  if (!hook) {
    return {
      what: `The MutatingWebhookConfiguration ${CONFIGURATION} no longer has its webhook ${WEBHOOK}`,
    };
  }
  const edited = (
    what: string,
    member: keyof typeof OF_EKS,
  ): RegistrationTrouble => ({ what, repair: repairOf(index, member) });
  if (!hook.createsPods) {
    return edited(
      `The webhook ${WEBHOOK} is no longer called when pods are created`,
      'rules',
    );
  }
  if (hook.url && !hook.url.startsWith('https://127.0.0.1:')) {
    return edited(
      `The webhook ${WEBHOOK} was pointed at ${hook.url}`,
      'clientConfig/url',
    );
  }
  const ofNamespace = hook.namespaceSelector as V1LabelSelector | undefined;
  if (namespace && !selectorMatches(ofNamespace, namespace.labels)) {
    return edited(
      `The namespaceSelector of webhook ${WEBHOOK} leaves out namespace ${namespace.name}`,
      'namespaceSelector',
    );
  }
  // EKS's own selector takes every pod without the label that opts out.
  const ofPod = hook.objectSelector as V1LabelSelector | undefined;
  if (!selectorMatches(ofPod, pod?.labels ?? {})) {
    return edited(
      `The objectSelector of webhook ${WEBHOOK} was edited and leaves out ${
        pod
          ? `pods with the labels of ${pod.of}`
          : 'pods without a label of its choice'
      }`,
      'objectSelector',
    );
  }
  if (hook.conditional) {
    return edited(
      `The webhook ${WEBHOOK} has matchConditions, which decide about each pod and which EKS is not known to set`,
      'matchConditions',
    );
  }
  return undefined;
}

/** It decides by conditions, which may be about who creates a pod. */
export const hasConditions = (webhook: Fact<WebhookFact | null>) =>
  valueOf(webhook)?.webhooks.some(
    ({ name, conditional }) => name === WEBHOOK && conditional,
  ) === true;

export const CONDITIONS = `The webhook ${WEBHOOK} has matchConditions, which EKS is not known to set. What they say of the controllers, which create the pods, a dry run does not show.`;
