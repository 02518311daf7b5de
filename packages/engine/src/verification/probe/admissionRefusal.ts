import { bash } from '../shell';
import type { Blocker } from './blocker';

/** Outcome of a `POST pods`, as far as Kubernetes reported it. */
export interface Refusal {
  status?: number;
  /** Kubernetes' own sentence. */
  message: string;
}

const quote = (text: string) => text.replace(/\s+/g, ' ').trim();

/** A webhook of another owner that does not answer and whose failure policy is Fail. */
export function explainDeadWebhook(message: string): Blocker | undefined {
  const name = /failed calling webhook "([^"]+)"/.exec(message)?.[1];
  if (!name) return undefined;
  const [, service, namespace] =
    /https?:\/\/([\w-]+)\.([\w-]+)\.svc[:/.]/.exec(message) ?? [];
  return {
    reason: 'webhook-down',
    sentence: `The admission webhook ${name} does not answer, and the cluster refuses new pods without its answer: ${quote(
      message,
    )}`,
    fix: {
      cause:
        'The failure policy of the webhook is Fail: while it is away, the cluster takes no pod that it judges, those of the workload neither.',
      actions: [
        service
          ? `Bring its service ${service} in namespace ${namespace} back, or ask its owner to.`
          : 'Bring the webhook back, or ask its owner to.',
        'If it was removed for good, let its owner delete its configuration.',
      ],
      snippet: {
        language: 'bash',
        text: service
          ? bash`kubectl -n ${namespace} get service,endpointslices,pods`
          : 'kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations',
      },
    },
  };
}

/** `: limits.cpu=500m`, as Kubernetes counted it; empty where it does not say. */
function requested(text: string): string {
  const figures = /requested: (.*?), used:/.exec(text)?.[1];
  return figures ? `: ${figures}` : '';
}

/**
 * Explains why Kubernetes refused a pod. A 403 is RBAC only when a SelfSubjectAccessReview said so; Pod Security,
 * quota, LimitRange, other admission and a missing service account have the same status.
 */
export function explainRefusal(
  refusal: Refusal,
  where: { namespace: string; serviceAccount: string },
): Blocker {
  const { namespace, serviceAccount } = where;
  const text = quote(refusal.message);
  if (/because it is being terminated/i.test(text)) {
    return {
      reason: 'namespace-terminating',
      sentence: `The namespace ${namespace} is being deleted, and Kubernetes creates nothing in it any more.`,
      fix: {
        cause:
          'The namespace was deleted; it stays until everything in it is gone.',
        actions: [
          'Wait until it is gone, then create it and the workload again; if it was not meant to go, look who deletes it.',
          'If it stays, its conditions name what holds it up.',
        ],
        snippet: {
          language: 'bash',
          text: bash`kubectl get namespace ${namespace} -o ${'jsonpath={.status.conditions}'}`,
        },
      },
    };
  }
  if (/does not support dry ?run/i.test(text)) {
    const webhook = /admission webhook "([^"]+)"/.exec(text)?.[1];
    return {
      reason: 'no-dry-run',
      sentence: `Dry runs are not possible in namespace ${namespace}: ${
        webhook
          ? `the admission webhook ${webhook} does not support them`
          : 'an admission webhook does not support them'
      }.`,
      fix: {
        cause:
          'Kubernetes refuses a dry run as soon as one admission webhook may have side effects.',
        actions: [
          `Ask the owner of ${
            webhook ?? 'the webhook'
          } to declare sideEffects: None or NoneOnDryRun.`,
          'Or verify with a pod, which needs no dry run.',
        ],
      },
    };
  }
  if (/exceeded quota|insufficient quota/i.test(text)) {
    return {
      reason: 'quota',
      sentence: `A ResourceQuota of namespace ${namespace} has no room for the probe pod: ${text}`,
      fix: {
        cause: 'The namespace has used up its quota.',
        actions: [
          `Free resources in the namespace, or raise the quota by what the probe asks for${requested(
            text,
          )}.`,
        ],
        snippet: {
          language: 'bash',
          text: bash`kubectl -n ${namespace} describe resourcequota`,
        },
      },
    };
  }
  if (/failed quota: .*must specify/i.test(text)) {
    return {
      reason: 'quota',
      sentence: `A ResourceQuota of namespace ${namespace} asks for requests or limits that the probe pod does not set: ${text}`,
      fix: {
        cause: 'The quota demands values for resources on every container.',
        actions: [
          "Set these requests and limits in the cluster's probe.resources in app-config.",
        ],
      },
    };
  }
  if (/(maximum|minimum) .* usage per|limit to request ratio/i.test(text)) {
    return {
      reason: 'limit-range',
      sentence: `A LimitRange of namespace ${namespace} does not allow the size of the probe pod: ${text}`,
      fix: {
        cause: 'The probe is smaller or larger than the LimitRange allows.',
        actions: [
          "Set fitting requests and limits in the cluster's probe.resources in app-config.",
        ],
        snippet: {
          language: 'bash',
          text: bash`kubectl -n ${namespace} describe limitrange`,
        },
      },
    };
  }
  if (/violates PodSecurity/i.test(text)) {
    return {
      reason: 'pod-security',
      sentence: `Pod Security of namespace ${namespace} does not allow the probe pod: ${text}`,
      fix: {
        cause:
          'The probe fits the level "restricted"; an admission webhook added something to it, or a custom policy applies.',
        actions: [
          'Compare what the message names with the labels of the namespace and with other admission webhooks.',
        ],
        snippet: {
          language: 'bash',
          text: bash`kubectl get namespace ${namespace} --show-labels`,
        },
      },
    };
  }
  if (/service ?account .*not found/i.test(text)) {
    return {
      reason: 'missing-service-account',
      sentence: `Kubernetes does not find the ServiceAccount ${namespace}/${serviceAccount}: ${text}`,
      fix: {
        cause: 'A pod can only be created under a ServiceAccount that exists.',
        actions: [
          'Create the ServiceAccount, or correct the name in the association.',
        ],
        snippet: {
          language: 'bash',
          text: bash`kubectl -n ${namespace} create serviceaccount ${serviceAccount}`,
        },
      },
    };
  }
  if (/namespaces? "[^"]*" not found/i.test(text) || refusal.status === 404) {
    return {
      reason: 'refused',
      sentence: `Kubernetes does not find the namespace ${namespace}: ${text}`,
    };
  }
  const webhook = /admission webhook "([^"]+)" denied/i.exec(text)?.[1];
  if (webhook || /ValidatingAdmissionPolicy/i.test(text)) {
    return {
      reason: 'admission-webhook',
      sentence: `${
        webhook
          ? `The admission webhook ${webhook}`
          : 'An admission policy of the cluster'
      } does not allow the probe pod: ${text}`,
      fix: {
        cause: 'A policy of the cluster refuses pods of this shape.',
        actions: [
          'Exempt pods with the label backstage.io/managed-by=eks-pod-identity in this policy, or set an image and resources it allows in the cluster’s probe settings in app-config.',
        ],
      },
    };
  }
  return {
    reason: 'refused',
    sentence: `Kubernetes did not take the probe pod: ${text}`,
  };
}
