import type {
  Evidence,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ClusterConfig } from '../clusters/types';

/** Whose use is asked for, and what a search needs to know to tell it from that of others. @public */
export interface EvidenceSubject {
  ref: ServiceAccountRef;
  cluster: ClusterConfig;
  /** The role of the association, then its target role. */
  roleArns: readonly string[];
  /** OIDC issuer of the cluster, without `https://`; without it IRSA cannot be attributed. */
  issuer?: string;
  /** Running pods, which a session without tags is matched with by name. */
  pods: readonly { name: string; uid?: string }[];
  /** Ids of access keys that stand in the specs of these pods. */
  staticKeyIds: readonly string[];
  /** EC2 instances that these pods run on. */
  instanceIds: readonly string[];
}

/** What a verification asks about one identity. @public */
export interface EvidenceRequest extends EvidenceSubject {
  signal: AbortSignal;
}

/** Answers what AWS recorded of the use of one identity: read now, or what is stored. @public */
export type ReadEvidence = (request: EvidenceRequest) => Promise<Evidence>;
