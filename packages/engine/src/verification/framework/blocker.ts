import type { Fix } from './fix';
import type { KubernetesRight } from './rights';

/** An admission webhook that judges new pods of a namespace. */
export interface PodWebhook {
  name: string;
  /** As `kubectl` names the kind of its configuration. */
  kind: 'validatingwebhookconfiguration' | 'mutatingwebhookconfiguration';
  configuration: string;
  service?: { namespace: string; name: string };
  timeoutSeconds: number;
}

/** Why a probe pod could not run. None of these says anything about the identity itself. */
export interface Blocker {
  reason:
    | 'rbac'
    | 'quota'
    | 'limit-range'
    | 'pod-security'
    | 'admission-webhook'
    | 'webhook-down'
    | 'webhook-slow'
    | 'namespace-terminating'
    | 'missing-service-account'
    | 'no-dry-run'
    | 'fargate'
    | 'image-pull'
    | 'container-config'
    | 'unschedulable'
    | 'start-failed'
    | 'evicted'
    | 'killed'
    | 'hung'
    | 'no-answer'
    | 'not-injected'
    | 'gone'
    | 'unreachable'
    | 'refused';
  /** One plain sentence. */
  sentence: string;
  fix?: Fix;
  /** Of a webhook: the same, with what its registration says. */
  named?(registered: readonly PodWebhook[]): Blocker | undefined;
  /** Of `rbac`: what the portal's user in the cluster lacks. */
  right?: KubernetesRight;
  /** Of `not-injected`: pods created in vain. */
  pods?: number;
  /** Of `not-injected`: the parts that the last pod lacked. */
  missing?: string[];
}
