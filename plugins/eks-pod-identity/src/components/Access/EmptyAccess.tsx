import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button } from '@backstage/ui';
import {
  RiEyeOffLine,
  RiFilterOffLine,
  RiHourglass2Line,
  RiKeyLine,
  RiServerLine,
} from '@remixicon/react';
import type { AccessProgress } from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityTranslationRef } from '../../translation';
import { Notice } from '../Notice';

/** Why the list is empty: nothing matches, nothing is configured, it is switched off, nothing was looked at, or nothing was found. */
export function EmptyAccess({
  isFiltered,
  hasClusters,
  looked,
  onClear,
}: {
  isFiltered: boolean;
  /** False if the portal has no cluster that the user may see. */
  hasClusters: boolean;
  /** Undefined where it could not be loaded. */
  looked: AccessProgress['clusters'] | undefined;
  onClear: () => void;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  if (isFiltered) {
    return (
      <Notice
        icon={<RiFilterOffLine />}
        title={t('fleet.noMatch')}
        description={t('fleet.noMatchFix')}
        action={
          <Button variant="secondary" onPress={onClear}>
            {t('fleet.clear')}
          </Button>
        }
      />
    );
  }
  if (!hasClusters) {
    return (
      <Notice
        icon={<RiServerLine />}
        title={t('fleet.noClusters')}
        description={t('fleet.noClustersFix')}
      />
    );
  }
  if (looked?.length === 0) {
    return (
      <Notice
        icon={<RiEyeOffLine />}
        title={t('accessEmpty.off')}
        description={t('accessEmpty.offFix')}
      />
    );
  }
  if (looked?.every(({ lookedAt }) => !lookedAt)) {
    return (
      <Notice
        icon={<RiHourglass2Line />}
        title={t('accessEmpty.notYet')}
        description={t('accessEmpty.notYetFix')}
      />
    );
  }
  return (
    <Notice
      icon={<RiKeyLine />}
      title={t('accessEmpty.nothing')}
      description={t('accessEmpty.nothingFix')}
    />
  );
}
