import type { Association } from '../../aws/association';
import { kubectl } from '../../text/bash';
import { type Fact } from '../framework/fact';
import type { AdmissionFact, WebhookFact } from '../framework/facts/admission';
import type { NamespaceFact } from '../framework/facts/serviceAccount';
import type { PodFact } from '../framework/facts/workloads';
import type { Fix } from '../framework/fix';
import { INJECTED_PARTS } from '../probe/injection';
import { registrationTrouble } from './webhookRegistration';

/** API servers that know nothing of an association after this time will not learn of it by waiting. */
export const SPREAD_MS = 5 * 60_000;

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
  admission: AdmissionFact;
  webhook: Fact<WebhookFact | null>;
  namespace: NamespaceFact | null | undefined;
  association: Association | undefined;
  pods: readonly PodFact[];
  now: number;
  changedAt?: number;
}

function lastChange({ association, changedAt }: NotInjected) {
  return Math.max(
    association?.createdAt ?? 0,
    association?.modifiedAt ?? 0,
    changedAt ?? 0,
  );
}

/** A pod that was created after the last change and has the identity: the association is known to an API server. */
function knownFrom(facts: NotInjected): PodFact | undefined {
  const changed = lastChange(facts);
  return facts.pods.find(
    pod =>
      changed > 0 &&
      (pod.createdAt ?? 0) > changed &&
      pod.containers.some(container => container.injected),
  );
}

/** Why new pods lack the identity, by what disproves the other causes. */
export function notInjectedFix(facts: NotInjected): Fix {
  const { admission, now } = facts;
  const trouble = registrationTrouble(facts.webhook, facts.namespace);
  if (trouble) {
    return {
      cause: `${trouble.what}.`,
      actions: [
        trouble.repair
          ? 'Put back what EKS had there with this command, and find out who changed it.'
          : 'Ask AWS support to restore the configuration of EKS: only the control plane has its certificate.',
      ],
      commands: trouble.repair ? [trouble.repair] : [],
    };
  }
  if (admission.missing.length < INJECTED_PARTS) {
    const others = (admission.others ?? []).map(
      ({ name, configuration }) => `${name} (${configuration})`,
    );
    return {
      cause:
        'The webhook of EKS was called: part of what it adds is in the pod. Another admission webhook takes the rest away or changes it.',
      actions: [
        others.length
          ? `Let the webhook that rewrites variables or volumes of pods leave those of EKS alone. These change pods here: ${others.join(
              ', ',
            )}.`
          : 'Look for the mutating webhook that rewrites variables or volumes of pods, and let it leave those of EKS alone.',
        KEEP,
      ],
      commands: [kubectl('get', { kind: 'mutatingwebhookconfigurations' })``],
    };
  }
  const fresh = now - lastChange(facts) < SPREAD_MS;
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
        'Pods created meanwhile may lack the identity: see workloads.injected.',
      ],
      snippet: FAILED_CALLS,
    };
  }
  if (fresh) {
    return {
      cause:
        'The API servers do not know the association yet: it changed a moment ago.',
      actions: [
        'Verify again in a minute; AWS needs some seconds to inform the API servers.',
      ],
    };
  }
  const proof = knownFrom(facts);
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
