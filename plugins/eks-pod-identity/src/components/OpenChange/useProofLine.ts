import type { Identity } from 'backstage-plugin-eks-pod-identity-common';
import { useTexts } from '../../hooks/useTexts';
import { headlineTime, relativeTime } from '../when';

/** By whom and when an identity was proven, in place of the sentence: the rows have the names. Undefined for any other. */
export function useProofLine(
  identity: Identity,
): { text: string; title: string } | undefined {
  const { t } = useTexts();
  const { change, proofLevel, status, use, verifying } = identity;
  const isMoving = verifying || change?.state === 'running';
  if (status !== 'verified' || isMoving) return undefined;
  // Verified by a run whose pod did not prove it, as far as that is known
  const byPod = proofLevel === undefined || proofLevel === 'credentials';
  const at = (byPod ? undefined : use?.pod?.at) ?? headlineTime(identity)?.at;
  if (!at) return undefined;
  return {
    text: t(byPod ? 'card.byPod' : 'card.byApplication', {
      when: relativeTime(at),
    }),
    title: new Date(at).toLocaleString(),
  };
}
