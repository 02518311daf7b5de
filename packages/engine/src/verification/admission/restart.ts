import { SPREAD_MS } from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../../aws/association';
import { type Fact, valueOf } from '../framework/fact';
import type { AdmissionFact, WebhookFact } from '../framework/facts/admission';
import type { NamespaceFact } from '../framework/facts/serviceAccount';
import type { PodFact } from '../framework/facts/workloads';
import type { Outcome } from '../framework/check';
import { byOwner, restartCommands } from '../framework/workloadsOf';
import { registrationTrouble } from './webhookRegistration';

/** What tells whether a pod that is created now receives the identity. */
export interface NewPodFacts {
  admission: Fact<AdmissionFact>;
  webhook: Fact<WebhookFact | null>;
  namespace: Fact<NamespaceFact | null>;
  association: Association | undefined;
  /** Running pods that did not opt out, with whether they have it. */
  pods: readonly { pod: PodFact; has: boolean }[];
}

/** The newest pod, where it lacks an identity that every API server should have known by then. */
function newestWithout({ pods, association }: NewPodFacts) {
  const made = association?.createdAt;
  if (made === undefined) return undefined;
  const [newest] = [...pods].sort(
    (one, other) => (other.pod.createdAt ?? 0) - (one.pod.createdAt ?? 0),
  );
  const late = (newest?.pod.createdAt ?? 0) - made > SPREAD_MS;
  return newest && !newest.has && late ? newest.pod : undefined;
}

/** Why a new pod would lack the identity, in sentences; undefined if it would not, or if nothing tells. */
export function newPodsLackIt(facts: NewPodFacts): string | undefined {
  const { admission, webhook, namespace } = facts;
  if (admission.known) {
    const { answered, injected } = admission.value;
    if (injected === answered) return undefined;
    return injected === 0
      ? 'New pods do not receive the identity either: this report says why where it judges new pods.'
      : `Only ${injected} of ${answered} new pods receive the identity: this report says why where it judges new pods.`;
  }
  const trouble = registrationTrouble(webhook, valueOf(namespace));
  if (trouble) {
    return `New pods do not receive the identity either: ${trouble.what}.`;
  }
  const newest = newestWithout(facts);
  return (
    newest &&
    `The pod ${newest.name}, the newest, does not have it either, although the association is older; a verification with a pod tells whether new pods receive it.`
  );
}

/** A restart, or why it has to wait: a pod that is recreated gets what new pods get, and may lose what it has. */
export function restartOf(
  cause: string,
  action: string,
  {
    namespace,
    pods,
    lackIt,
  }: { namespace: string; pods: readonly PodFact[]; lackIt?: string },
): Pick<Outcome, 'fix' | 'restart'> {
  if (lackIt) {
    return {
      fix: {
        cause,
        actions: [
          `Do not restart these pods now. ${lackIt}`,
          'Once new pods receive the identity, verify again: this check then shows the command.',
        ],
      },
    };
  }
  const workloads = byOwner(pods);
  return {
    fix: {
      cause,
      actions: [action],
      restarting: action,
      commands: restartCommands(namespace, workloads),
    },
    restart: workloads.map(({ kind, name, pods: { length } }) => ({
      kind,
      name,
      pods: length,
    })),
  };
}
