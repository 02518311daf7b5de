import {
  type Identity,
  noEvidence,
  proofLevelOf,
  summarizeUse,
  type VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { StoredEvidence } from '../store/EvidenceStore';
import { toOptionalIso as iso } from '../store/values';

/** A look without a pod may have seen the application obtain what an earlier pod proved. */
export function proofLevel(
  proof: VerificationReport | undefined,
  look: VerificationReport | undefined,
): Identity['proofLevel'] {
  const newest = proof ?? look;
  if (!newest) return undefined;
  const same = look && look.fingerprint === newest.fingerprint;
  return proofLevelOf(
    newest.proof,
    (same ? look.application : undefined) ?? newest.application,
  );
}

/** The use of an identity in a line. */
export function useOf(stored: StoredEvidence | undefined): Identity['use'] {
  const evidence = stored?.evidence ?? noEvidence('unread');
  return {
    state: evidence.state,
    ...summarizeUse(evidence),
    lastUsedAt: iso(stored?.usedAt),
    deniedAt: iso(stored?.deniedAt),
    irsaAt: iso(stored?.irsaAt),
  };
}
