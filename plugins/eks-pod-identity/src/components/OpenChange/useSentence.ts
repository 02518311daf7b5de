import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  capitalised,
  type Identity,
} from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityTranslationRef } from '../../translation';

/** The sentence under the badge: what goes on now, else what is known. */
export function useSentence(identity: Identity): string {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const { change, verifying } = identity;
  if (change?.state === 'running') return t(`change.running_${change.kind}`);
  return verifying ? t('verify.inTest') : capitalised(identity.sentence);
}
