import type { V1Affinity, V1Toleration } from '../../kubernetes/objects';

/** Placement of the workload, so that the probe tests the agent of such a node. */
export interface Placement {
  nodeSelector?: Record<string, string>;
  affinity?: V1Affinity;
  tolerations?: V1Toleration[];
}

/** An admission webhook that judges new pods of a namespace. */
export interface PodWebhook {
  name: string;
  /** As `kubectl` names the kind of its configuration. */
  kind: 'validatingwebhookconfiguration' | 'mutatingwebhookconfiguration';
  configuration: string;
  service?: { namespace: string; name: string };
  timeoutSeconds: number;
}

/** Something that a pod carries beside the variables of Pod Identity. */
export type Carried =
  | 'keys'
  | 'key-without-secret'
  | 'irsa'
  | 'role-without-token'
  | 'home-files'
  | 'credentials-file'
  | 'config-file'
  | 'profile'
  | 'default-profile'
  | 'ecs-address'
  | 'own-address'
  | 'proxy';
