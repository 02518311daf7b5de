import { createExtensionPoint } from '@backstage/backend-plugin-api';
import type { HumanDuration } from '@backstage/types';
import type {
  PodIdentityCheck,
  PodIdentityClusterDefinition,
  PodIdentityEvidenceSource,
  PodIdentityGuardrail,
  PodIdentityRoleNaming,
} from 'backstage-plugin-eks-pod-identity-common';

export type {
  PodIdentityCheck,
  PodIdentityCheckFacts,
  PodIdentityCheckNode,
  PodIdentityCheckOutcome,
  PodIdentityCheckPod,
  PodIdentityCluster,
  PodIdentityClusterDefinition,
  PodIdentityEvidenceRequest,
  PodIdentityEvidenceSource,
  PodIdentityGuardrail,
  PodIdentityGuardrailRequest,
  PodIdentityMaker,
  PodIdentityRoleNaming,
} from 'backstage-plugin-eks-pod-identity-common';

/** Adds checks to every verification. @public */
export interface PodIdentityChecksExtensionPoint {
  /** @throws Error when the id is malformed or taken */
  addCheck(check: PodIdentityCheck): void;
}

/** @public */
export const podIdentityChecksExtensionPoint =
  createExtensionPoint<PodIdentityChecksExtensionPoint>({
    id: 'eks-pod-identity.checks',
  });

/** Adds guardrails. @public */
export interface PodIdentityGuardrailsExtensionPoint {
  addGuardrail(guardrail: PodIdentityGuardrail): void;
}

/** @public */
export const podIdentityGuardrailsExtensionPoint =
  createExtensionPoint<PodIdentityGuardrailsExtensionPoint>({
    id: 'eks-pod-identity.guardrails',
  });

/** Replaces the role naming strategy. @public */
export interface PodIdentityRoleNamingExtensionPoint {
  /** @throws Error when another module has already set one */
  setRoleNaming(naming: PodIdentityRoleNaming): void;
}

/** @public */
export const podIdentityRoleNamingExtensionPoint =
  createExtensionPoint<PodIdentityRoleNamingExtensionPoint>({
    id: 'eks-pod-identity.role-naming',
  });

/** Supplies clusters beside those of app-config. @public */
export interface PodIdentityClusterSupplier {
  /**
   * All clusters of the supplier. Where it throws, or one of them is wrong, those of its last answer stay; without `refresh`,
   * the plugin does not start.
   */
  getClusters(options: {
    /** Aborted after 30 seconds, which counts as a failure. */
    signal: AbortSignal;
  }): Promise<PodIdentityClusterDefinition[]>;
  /** How often each process of the portal asks again, at most once a minute; without it only at start. */
  refresh?: HumanDuration;
}

/** Adds cluster suppliers. @public */
export interface PodIdentityClusterSupplierExtensionPoint {
  addClusterSupplier(supplier: PodIdentityClusterSupplier): void;
}

/** @public */
export const podIdentityClusterSupplierExtensionPoint =
  createExtensionPoint<PodIdentityClusterSupplierExtensionPoint>({
    id: 'eks-pod-identity.cluster-supplier',
  });

/** Replaces CloudTrail as the source of evidence. @public */
export interface PodIdentityEvidenceExtensionPoint {
  /** @throws Error when another module has already set one */
  setEvidenceSource(source: PodIdentityEvidenceSource): void;
}

/** @public */
export const podIdentityEvidenceExtensionPoint =
  createExtensionPoint<PodIdentityEvidenceExtensionPoint>({
    id: 'eks-pod-identity.evidence',
  });
