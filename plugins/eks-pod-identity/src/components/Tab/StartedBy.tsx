import { EntityDisplayName } from '@backstage/plugin-catalog-react';
import type { PastRun } from 'backstage-plugin-eks-pod-identity-common';
import { useTexts } from '../../hooks/useTexts';

/** What started a run, with the name of the user where the reader may know it. */
export function StartedBy({
  run: { trigger, startedBy },
}: {
  run: Pick<PastRun, 'trigger' | 'startedBy'>;
}) {
  const { t } = useTexts();
  if (!startedBy || trigger === 'schedule')
    return <>{t(`trigger.${trigger}`)}</>;
  const name = (
    <EntityDisplayName entityRef={startedBy} hideIcon disableTooltip />
  );
  return t(`startedBy.${trigger}`, { name });
}
