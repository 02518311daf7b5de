import {
  capitalised,
  type Identity,
} from 'backstage-plugin-eks-pod-identity-common';
import { useTexts } from '../../hooks/useTexts';

/** The sentence under the badge: what goes on now, else what is known. */
export function useSentence(identity: Identity): string {
  const { t } = useTexts();
  const { change, verifying } = identity;
  const kind = change?.state === 'running' ? change.kind : undefined;
  // A move stands beside the status, never instead of it
  if (kind === 'associate' || kind === 'teardown') {
    return t(`change.running_${kind}`);
  }
  return verifying ? t('verify.inTest') : capitalised(identity.sentence);
}
