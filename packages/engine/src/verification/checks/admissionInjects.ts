import type { V1LabelSelector } from '../../kubernetes/objects';
import type { CheckFix } from 'backstage-plugin-eks-pod-identity-common';
import { defineCheck, fail, pass, warn } from '../check';
import { type Fact, valueOf } from '../facts/fact';
import type { AdmissionFact, NamespaceFact, WebhookFact } from '../facts/types';

const WEBHOOK = 'iam-for-pods.amazonaws.com';

/** What is wrong with the webhook's registration; undefined if nothing is or it could not be read. */
function webhookTrouble(
  webhook: Fact<WebhookFact | null>,
  namespace: NamespaceFact | null | undefined,
): string | undefined {
  if (!webhook.known) return undefined;
  if (!webhook.value) {
    return 'The MutatingWebhookConfiguration pod-identity-webhook is gone';
  }
  const hook = webhook.value.webhooks.find(one => one.name === WEBHOOK);
  if (!hook) {
    return `The MutatingWebhookConfiguration pod-identity-webhook no longer has its webhook ${WEBHOOK}`;
  }
  if (!hook.createsPods) {
    return `The webhook ${WEBHOOK} is no longer called when pods are created`;
  }
  if (hook.url && !hook.url.startsWith('https://127.0.0.1:')) {
    return `The webhook ${WEBHOOK} was pointed at ${hook.url}`;
  }
  const selector = hook.namespaceSelector as V1LabelSelector | undefined;
  if (selector && namespace && !selects(selector, namespace.labels)) {
    return `The namespaceSelector of webhook ${WEBHOOK} leaves out namespace ${namespace.name}`;
  }
  return undefined;
}

function selects(
  { matchLabels = {}, matchExpressions = [] }: V1LabelSelector,
  labels: Record<string, string>,
): boolean {
  return (
    Object.entries(matchLabels).every(
      ([key, value]) => labels[key] === value,
    ) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      if (operator === 'Exists') return key in labels;
      if (operator === 'DoesNotExist') return !(key in labels);
      const listed = values.includes(labels[key]);
      return operator === 'In' ? listed : !listed;
    })
  );
}

function fixFor(
  admission: AdmissionFact,
  trouble: string | undefined,
  flapping: boolean,
): CheckFix {
  if (trouble) {
    return {
      cause: `${trouble}.`,
      actions: [
        'Restore the configuration that EKS created, or ask AWS support to do so.',
      ],
      snippet: {
        language: 'bash',
        text: 'kubectl get mutatingwebhookconfiguration pod-identity-webhook -o yaml',
      },
    };
  }
  if (flapping) {
    return {
      cause:
        'Some API servers of the cluster do not call the webhook, or do not know the association yet; Kubernetes then lets the pod in without it.',
      actions: [
        'Verify again in a few minutes.',
        'If it stays, open a case with AWS support and name this cluster: the webhook is part of the control plane.',
        'Pods created meanwhile may lack the identity: see workloads.injected.',
      ],
      snippet: {
        language: 'text',
        text: 'fields @timestamp, @message | filter @message like /failed calling webhook/',
      },
    };
  }
  return {
    cause: admission.irsaInstead
      ? 'The API servers do not know the association yet, so the IRSA annotation of the ServiceAccount decides.'
      : 'The API servers do not know the association: it is too new, or it is for another cluster, namespace or ServiceAccount.',
    actions: [
      'Verify again in a minute; AWS needs some seconds to inform the API servers.',
      'If it stays, delete the association and recreate it.',
    ],
  };
}

export const admissionInjects = defineCheck({
  id: 'admission.injects',
  category: 'admission',
  title: 'New pods receive the identity',
  question:
    'Does every API server give new pods of this ServiceAccount the variables and the token of Pod Identity?',
  neededBy: ['admission', 'pod'],
  dependsOn: [
    { check: 'cluster.active', onlyWhenFailed: true },
    { check: 'cluster.supported', onlyWhenFailed: true },
    { check: 'association.exists', onlyWhenFailed: true },
    { check: 'service-account.exists', onlyWhenFailed: true },
  ],
  needs: ['admission'],
  uses: ['webhook', 'namespace'],
  evaluate({ admission, webhook, namespace }, { ref }) {
    const who = `${ref.namespace}/${ref.serviceAccount}`;
    const { answered, injected, attempts } = admission;
    const trouble = webhookTrouble(webhook, valueOf(namespace));
    const observed = admission.fromCreatedPod
      ? `${injected} of ${answered} created pods`
      : `${injected} of ${answered} dry runs over ${admission.addresses} ${
          admission.addresses === 1 ? 'address' : 'addresses'
        }`;
    if (injected === answered) {
      const waited = admission.waitedMs
        ? `, after ${(admission.waitedMs / 1000).toFixed(1)} s`
        : '';
      return pass(
        admission.fromCreatedPod
          ? `A created pod of ${who} received the identity; dry runs are not possible here.`
          : `New pods of ${who} receive the identity${waited}.`,
        { observed, attempts },
      );
    }
    const rest = {
      expected: `${answered} of ${answered}`,
      observed,
      attempts,
      fix: fixFor(admission, trouble, injected > 0),
    };
    if (injected > 0) {
      return warn(
        `Only ${injected} of ${answered} new pods of ${who} receive the identity: it depends on which API server answers.`,
        rest,
      );
    }
    return fail(
      `New pods of ${who} do not receive the identity: ${admission.missing.join(
        ', ',
      )} ${admission.missing.length === 1 ? 'is' : 'are'} missing.`,
      rest,
    );
  },
});
