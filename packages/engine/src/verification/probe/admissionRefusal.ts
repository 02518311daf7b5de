import { containsInOrder } from '../../text/search';
import { ownPolicyIn, RENDER_AGAIN } from '../../kubernetes/admissionPolicies';
import { kubectl } from '../../text/bash';
import { fullStop } from '../../text/fullStop';
import { clusterSettingOf, type Voice } from '../../text/voice';
import type { Blocker } from '../framework/blocker';
import { limitRangeFix, quotaFix } from './quota';

/** Outcome of a `POST pods`, as far as Kubernetes reported it. */
export interface Refusal {
  status?: number;
  /** Kubernetes' own sentence. */
  message: string;
}

/** Without the name of the pod, which is another one each time. */
export const quote = (text: string) =>
  text.replace(/^pods? "[^"]*" is (forbidden|invalid): /i, '');

export interface Where {
  namespace: string;
  serviceAccount: string;
  /** What was refused, if it was not the probe: `a pod of its template`. */
  what?: string;
}

export const createNamespace = ({ namespace }: Where) =>
  kubectl('create', { kind: 'namespace', name: namespace })``;

export const createServiceAccount = ({ namespace, serviceAccount }: Where) =>
  kubectl('create', {
    kind: 'serviceaccount',
    name: serviceAccount,
    namespace,
  })``;

/** A namespace in which nothing can be created any more. */
export function terminating(
  where: Where,
): Required<Pick<Blocker, 'sentence' | 'fix'>> {
  const { namespace } = where;
  return {
    sentence: `The namespace ${namespace} is being deleted, and Kubernetes creates nothing in it any more.`,
    fix: {
      cause:
        'The namespace was deleted; it stays until everything in it is gone.',
      actions: [
        'If it was not meant to go, find out who deletes it.',
        'If it stays, its conditions, which the first command prints, name what holds it up.',
        'When it is gone, recreate it with the other commands, then deploy the workload.',
      ],
      commands: [
        kubectl('get', {
          kind: 'namespace',
          name: namespace,
        })`--ignore-not-found -o ${'jsonpath={.status.conditions}'}`,
        kubectl('wait', {})`--for=delete namespace/${namespace} --timeout=300s`,
        createNamespace(where),
        createServiceAccount(where),
      ],
    },
  };
}

/**
 * Explains why Kubernetes refused a pod. A 403 is RBAC only when a SelfSubjectAccessReview said so; Pod Security,
 * quota, LimitRange, other admission and a missing service account have the same status.
 */
export function explainRefusal(
  refusal: Refusal,
  where: Where & { voice: Voice },
): Blocker {
  const { namespace, serviceAccount, voice, what = 'the probe pod' } = where;
  const text = quote(refusal.message);
  const said = fullStop(text);
  if (/because it is being terminated/i.test(text)) {
    return {
      reason: 'namespace-terminating',
      ...terminating(where),
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
      sentence: `A ResourceQuota of namespace ${namespace} has no room for ${what}: ${said}`,
      fix: quotaFix(text, namespace),
    };
  }
  if (containsInOrder(text, 'failed quota: ', 'must specify')) {
    return {
      reason: 'quota',
      sentence: `A ResourceQuota of namespace ${namespace} asks for requests or limits that ${what} does not set: ${said}`,
      fix: {
        cause: 'The quota demands values for resources on every container.',
        actions: [
          `Set these requests and limits in ${clusterSettingOf(
            voice,
            'probe.resources',
          )}.`,
        ],
      },
    };
  }
  if (
    containsInOrder(text, 'maximum ', ' usage per') ||
    containsInOrder(text, 'minimum ', ' usage per') ||
    /limit to request ratio/i.test(text)
  ) {
    return {
      reason: 'limit-range',
      sentence: `A LimitRange of namespace ${namespace} does not allow the size of ${what}: ${said}`,
      fix: limitRangeFix(text, namespace, voice),
    };
  }
  if (/violates PodSecurity/i.test(text)) {
    return {
      reason: 'pod-security',
      sentence: `Pod Security of namespace ${namespace} does not allow ${what}: ${said}`,
      fix: {
        cause:
          'The probe fits the level "restricted"; an admission webhook added something to it, or a custom policy applies.',
        actions: [
          'Compare what the message names with the labels of the namespace and with other admission webhooks.',
        ],
        commands: [
          kubectl('get', { kind: 'namespace', name: namespace })`--show-labels`,
        ],
      },
    };
  }
  if (
    containsInOrder(text, 'service account ', 'not found') ||
    containsInOrder(text, 'serviceaccount ', 'not found')
  ) {
    return {
      reason: 'missing-service-account',
      sentence: `Kubernetes does not find the service account ${namespace}/${serviceAccount}: ${said}`,
      fix: {
        cause: 'A pod can only be created under a service account that exists.',
        actions: [
          'Create the service account, or correct the name in the association.',
        ],
        commands: [createServiceAccount(where)],
      },
    };
  }
  if (/namespaces? "[^"]*" not found/i.test(text) || refusal.status === 404) {
    return {
      reason: 'refused',
      sentence: `Kubernetes does not find the namespace ${namespace}: ${said}`,
    };
  }
  const own = ownPolicyIn(text);
  if (own) {
    return {
      reason: 'admission-webhook',
      sentence: `The admission policy ${own}, which is made to let the probe pass and nothing else, does not allow ${what}: ${said}`,
      fix: {
        cause:
          'The policy was rendered for another version or for other settings than those of this run, an admission webhook adds to the pod what the policy does not know, or the service account asks for a token with another audience (eks.amazonaws.com/audience), which the policy does not let through.',
        actions: [
          `${RENDER_AGAIN}.`,
          'If it is refused still, let the webhook that adds what the message names leave out pods with the label backstage.io/managed-by=eks-pod-identity.',
        ],
      },
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
      } does not allow ${what}: ${said}`,
      fix: {
        cause: 'A policy of the cluster refuses pods of this shape.',
        actions: [
          'Exempt pods with the label backstage.io/managed-by=eks-pod-identity in this policy, or set an image and resources it allows in the cluster’s settings under probe.',
        ],
      },
    };
  }
  return {
    reason: 'refused',
    sentence: `Kubernetes did not take ${what}: ${said}`,
  };
}
