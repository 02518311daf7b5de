import type { Association } from '../../aws/association';
import { kubectl } from '../../text/bash';
import { type Fact } from '../framework/fact';
import type { AdmissionFact, WebhookFact } from '../framework/facts/admission';
import type { NamespaceFact } from '../framework/facts/serviceAccount';
import type { PodFact } from '../framework/facts/workloads';
import type { Fix } from '../framework/fix';
import type { PodWebhook } from '../framework/blocker';
import { isSpreading, lastChangeOf } from '../framework/lag';
import { INJECTED_PARTS } from '../probe/injection';
import {
  type RegistrationTrouble,
  registrationTrouble,
} from './webhookRegistration';

const KEEP =
  'Do not delete the association: the pods that run with it would lose their credentials.';
const SUPPORT =
  'Open a case with AWS support and name this cluster: the webhook is part of the control plane. With control plane logs on, this query of CloudWatch Logs Insights finds its failures in the log of the API server.';
const FAILED_CALLS = {
  language: 'text',
  text: 'fields @timestamp, @message | filter @message like /failed calling webhook/',
};

/** What is known where new pods lack the identity. */
export interface NotInjected {
  serviceAccount: string;
  admission: AdmissionFact;
  webhook: Fact<WebhookFact | null>;
  namespace: NamespaceFact | null | undefined;
  association: Association | undefined;
  pods: readonly PodFact[];
  now: number;
  changedAt?: number;
}

/** A pod that was created after the last change and has the identity: the association is known to an API server. */
function knownFrom(facts: NotInjected): PodFact | undefined {
  const changed = lastChangeOf(facts);
  return facts.pods.find(
    pod =>
      changed > 0 &&
      (pod.createdAt ?? 0) > changed &&
      pod.containers.some(container => container.injected),
  );
}

/** Puts the registration of the webhook right. */
export function registrationFix({ what, repair }: RegistrationTrouble): Fix {
  return {
    cause: `${what}.`,
    actions: [
      repair
        ? 'Put back what EKS had there with this command, and find out who changed it.'
        : 'Ask AWS support to restore the configuration of EKS: only the control plane has its certificate.',
    ],
    commands: repair ? [repair] : [],
  };
}

/** `These change pods here: x (policy).`, as far as the portal may read them. */
function changing(others: readonly PodWebhook[] = []): string[] {
  const names = others.map(
    ({ name, configuration }) => `${name} (${configuration})`,
  );
  return names.length ? [`These change pods here: ${names.join(', ')}.`] : [];
}

const LIST_CHANGING = kubectl('get', {
  kind: 'mutatingwebhookconfigurations',
})``;

/** Another webhook than that of EKS has the last word. */
export function changedByOthers(
  others: readonly PodWebhook[] | undefined,
  cause = 'The webhook of EKS was called: part of what it adds is in the pod. Another admission webhook takes the rest away or changes it.',
): Fix {
  const named = changing(others);
  return {
    cause,
    actions: [
      named.length
        ? `Let the webhook that rewrites variables or volumes of pods leave those of EKS alone. ${named[0]}`
        : 'Look for the mutating webhook that rewrites variables or volumes of pods, and let it leave those of EKS alone.',
      KEEP,
    ],
    commands: [LIST_CHANGING],
  };
}

/** A webhook gives pods another service account than they ask for. */
export function replacedAccount(
  serviceAccount: string,
  others: readonly PodWebhook[] | undefined,
): Fix {
  return {
    cause:
      'An admission webhook, often that of a policy engine, replaces the service account of new pods. EKS gives the identity by the account that a pod really has.',
    actions: [
      [
        `Let that webhook or its policy leave serviceAccountName: ${serviceAccount} alone.`,
        ...changing(others),
      ].join(' '),
      'A change of the pod template does not help: the template names the right account.',
    ],
    commands: [LIST_CHANGING],
  };
}

/** True where nothing but the time that AWS needs to spread a change explains that new pods lack the identity. */
export const mayBeLag = (facts: NotInjected): boolean =>
  !facts.admission.account &&
  facts.admission.missing.length >= INJECTED_PARTS &&
  !registrationTrouble(facts.webhook, facts.namespace) &&
  !knownFrom(facts) &&
  isSpreading(facts, facts.now);

/** Why new pods lack the identity, by what disproves the other causes. */
export function notInjectedFix(facts: NotInjected): Fix {
  const { admission } = facts;
  if (admission.account) {
    return replacedAccount(facts.serviceAccount, admission.others);
  }
  const trouble = registrationTrouble(facts.webhook, facts.namespace);
  if (trouble) return registrationFix(trouble);
  if (admission.missing.length < INJECTED_PARTS) {
    return changedByOthers(admission.others);
  }
  const fresh = isSpreading(facts, facts.now);
  if (admission.irsaInstead) {
    return {
      cause:
        'The webhook was called and does not know the association yet, so the IRSA annotation of the service account decides.',
      actions: [
        'Verify again in a minute; AWS needs some seconds to inform the API servers.',
        ...(fresh ? [] : [SUPPORT]),
      ],
    };
  }
  if (admission.injected > 0) {
    return {
      cause:
        'Some API servers of the cluster do not call the webhook, or do not know the association yet; Kubernetes then lets the pod in without it.',
      actions: [
        'Verify again in a few minutes.',
        `If it stays: ${SUPPORT}`,
        'Pods created meanwhile may lack the identity: this report says so where it judges the running pods.',
      ],
      snippet: FAILED_CALLS,
    };
  }
  const proof = knownFrom(facts);
  if (fresh && !proof) {
    return {
      cause:
        'The API servers do not know the association yet: it changed a moment ago.',
      actions: [
        'Verify again in a minute; AWS needs some seconds to inform the API servers.',
      ],
    };
  }
  return {
    cause: proof
      ? `The webhook does not answer, and Kubernetes lets pods in without it. The association is not the cause: the pod ${proof.name} has the identity and is younger than the association.`
      : 'The webhook does not answer, and Kubernetes lets pods in without it; or the API servers do not learn of the association. From outside the control plane the two look the same.',
    actions: [
      'Verify again in a few minutes.',
      `If it stays: ${SUPPORT}`,
      KEEP,
    ],
    snippet: FAILED_CALLS,
  };
}
