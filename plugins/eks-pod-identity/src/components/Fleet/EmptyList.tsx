import { Button } from '@backstage/ui';
import { RiFilterOffLine, RiServerLine } from '@remixicon/react';
import type { ReactElement } from 'react';
import { useTexts } from '../../hooks/useTexts';
import { Notice } from '../Notice';

/** Why a list is empty, whatever it is of: nothing matches, or nothing is configured; else what the list itself says. */
export function EmptyList({
  isFiltered,
  hasClusters,
  onClear,
  children,
}: {
  isFiltered: boolean;
  /** False if the portal has no cluster that the user may see. */
  hasClusters: boolean;
  onClear: () => void;
  children: ReactElement;
}) {
  const { t } = useTexts();
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
  return hasClusters ? (
    children
  ) : (
    <Notice
      icon={<RiServerLine />}
      title={t('fleet.noClusters')}
      description={t('fleet.noClustersFix')}
    />
  );
}
