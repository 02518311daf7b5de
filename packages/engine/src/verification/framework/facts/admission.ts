import type { PodWebhook } from '../blocker';
import type { ContainerFact, WorkloadKind } from './workloads';

/** The webhook's registration in the cluster. */
export interface WebhookFact {
  webhooks: {
    name: string;
    url?: string;
    failurePolicy?: string;
    namespaceSelector?: unknown;
    objectSelector?: unknown;
    createsPods: boolean;
    /** It has matchConditions. */
    conditional?: boolean;
  }[];
}

/** Result of the dry runs. */
export interface AdmissionFact {
  /** Dry runs that were answered. */
  answered: number;
  injected: number;
  /** Addresses asked; 0 where a proxy chose them. */
  addresses: number;
  /** The first answer without injection: what is missing. */
  missing: string[];
  /** The service account that admission gave the pod instead of its own. */
  account?: string;
  /** IRSA's variables came instead. */
  irsaInstead: boolean;
  /** `schedulerName: fargate-scheduler` */
  fargate: boolean;
  /** Milliseconds that the gate waited after a change, if it had to. */
  waitedMs?: number;
  attempts: number;
  /** Even the fastest answer took long. */
  slow?: { ms: number; webhooks: PodWebhook[] };
  /** Webhooks of other owners that change pods; read where a part of the injection is missing. */
  others?: PodWebhook[];
  /** Dry runs are not possible here; the created pod answered instead. */
  fromCreatedPod: boolean;
}

/** What became of a pod that was made from the template of a workload, in a dry run. */
export interface OwnDryRunFact {
  kind: WorkloadKind;
  name: string;
  /** The labels that it was sent with. */
  labels: Record<string, string>;
  /** As admission left it, unless it was refused. */
  admitted?: {
    serviceAccount: string;
    /** Those of the template; webhooks may add others. */
    containers: ContainerFact[];
    /** A Fargate profile takes it. */
    fargate?: true;
  };
  /** Who refused it, or that nothing answered, in a sentence. */
  refused?: string;
  /** It was answered: such a pod is not made now. Absent in a bundle of an older engine. */
  blocked?: true;
}

export interface OwnDryRunsFact {
  runs: OwnDryRunFact[];
  /** How many further workloads were not tried. */
  untried: number;
  /** Webhooks of other owners that change pods; read where a pod did not come out as it should. */
  others?: PodWebhook[];
}
