import { RiEyeOffLine, RiHourglass2Line, RiKeyLine } from '@remixicon/react';
import type { AccessProgress } from 'backstage-plugin-eks-pod-identity-common';
import { Notice } from '../Notice';
import { useTexts } from '../../hooks/useTexts';

/** Why nothing is listed: it is switched off, nothing was looked at, or nothing was found. */
export function EmptyAccess({
  looked,
}: {
  /** Undefined where it could not be loaded. */
  looked: AccessProgress['clusters'] | undefined;
}) {
  const { t } = useTexts();
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
