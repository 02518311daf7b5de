import type { PodWebhook } from '../blocker';

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
  /** Addresses asked. */
  addresses: number;
  /** The first answer without injection: what is missing. */
  missing: string[];
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
