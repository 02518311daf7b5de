import type { BackendPluginRegistrationPoints } from '@backstage/backend-plugin-api';
import { ConflictError, NotAllowedError } from '@backstage/errors';
import {
  type PodIdentityCheck,
  type PodIdentityChecksExtensionPoint,
  podIdentityChecksExtensionPoint,
  type PodIdentityClusterSupplier,
  type PodIdentityClusterSupplierExtensionPoint,
  podIdentityClusterSupplierExtensionPoint,
  type PodIdentityEvidenceExtensionPoint,
  podIdentityEvidenceExtensionPoint,
  type PodIdentityEvidenceSource,
  type PodIdentityGuardrail,
  type PodIdentityGuardrailsExtensionPoint,
  podIdentityGuardrailsExtensionPoint,
  type PodIdentityRoleNaming,
  type PodIdentityRoleNamingExtensionPoint,
  podIdentityRoleNamingExtensionPoint,
} from 'backstage-plugin-eks-pod-identity-node';
import { assertCheckId, publicCluster } from 'eks-pod-identity-engine/portal';
import type { AcceptanceGuard } from './operations/Acceptance';

/** What modules added before the plugin starts. */
export class Extensions
  implements
    PodIdentityChecksExtensionPoint,
    PodIdentityEvidenceExtensionPoint,
    PodIdentityGuardrailsExtensionPoint,
    PodIdentityRoleNamingExtensionPoint,
    PodIdentityClusterSupplierExtensionPoint
{
  readonly checks: PodIdentityCheck[] = [];
  readonly #guardrails: PodIdentityGuardrail[] = [];
  readonly suppliers: PodIdentityClusterSupplier[] = [];
  roleNaming?: PodIdentityRoleNaming;
  evidenceSource?: PodIdentityEvidenceSource;

  register(env: BackendPluginRegistrationPoints) {
    env.registerExtensionPoint(podIdentityChecksExtensionPoint, this);
    env.registerExtensionPoint(podIdentityEvidenceExtensionPoint, this);
    env.registerExtensionPoint(podIdentityGuardrailsExtensionPoint, this);
    env.registerExtensionPoint(podIdentityRoleNamingExtensionPoint, this);
    env.registerExtensionPoint(podIdentityClusterSupplierExtensionPoint, this);
  }

  addCheck(check: PodIdentityCheck) {
    assertCheckId(check);
    if (this.checks.some(other => other.id === check.id)) {
      throw new ConflictError(`There already is a check ${check.id}`);
    }
    this.checks.push(check);
  }

  addGuardrail(guardrail: PodIdentityGuardrail) {
    this.#guardrails.push(guardrail);
  }

  setRoleNaming(naming: PodIdentityRoleNaming) {
    if (this.roleNaming) {
      throw new ConflictError(
        'Another module has already set the role naming strategy; keep one of them',
      );
    }
    this.roleNaming = naming;
  }

  setEvidenceSource(source: PodIdentityEvidenceSource) {
    if (this.evidenceSource) {
      throw new ConflictError(
        'Another module has already set the evidence source; keep one of them',
      );
    }
    this.evidenceSource = source;
  }

  addClusterSupplier(supplier: PodIdentityClusterSupplier) {
    this.suppliers.push(supplier);
  }

  /** The added guardrails as one; judged one after the other, the first refusal counts. */
  get guard(): AcceptanceGuard {
    return async ({ request, ref, cluster, entityRef, initiator }) => {
      for (const guardrail of this.#guardrails) {
        const verdict = await guardrail.judge({
          kind: request.kind,
          ref,
          cluster: publicCluster(cluster),
          input: request.input,
          entityRef,
          initiator: initiator.name,
        });
        if (!verdict.allowed) {
          throw new NotAllowedError(
            `${verdict.reason} (guardrail ${guardrail.name})`,
          );
        }
      }
    };
  }
}
