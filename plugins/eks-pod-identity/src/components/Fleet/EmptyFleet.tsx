import { useRouteRef, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, ButtonLink } from '@backstage/ui';
import {
  RiAlertFill,
  RiFilterOffLine,
  RiKeyLine,
  RiServerLine,
} from '@remixicon/react';
import type { ClusterOverview } from 'backstage-plugin-eks-pod-identity-common';
import { accessRouteRef, clustersRouteRef } from '../../routes';
import { podIdentityTranslationRef } from '../../translation';
import { Notice } from '../Notice';
import styles from './Fleet.module.css';

/** Why the list is empty: nothing matches, nothing is configured, clusters cannot be read, or there is nothing yet. */
export function EmptyFleet({
  isFiltered,
  clusters,
  onClear,
}: {
  isFiltered: boolean;
  /** Undefined while they are loaded, or where they cannot be. */
  clusters: ClusterOverview[] | undefined;
  onClear: () => void;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const accessHref = useRouteRef(accessRouteRef)?.();
  const clustersHref = useRouteRef(clustersRouteRef)?.();
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
  if (clusters?.length === 0) {
    return (
      <Notice
        icon={<RiServerLine />}
        title={t('fleet.noClusters')}
        description={t('fleet.noClustersFix')}
      />
    );
  }
  const unread = clusters?.filter(({ stale }) => stale) ?? [];
  if (unread.length > 0) {
    return (
      <Notice
        icon={<RiAlertFill />}
        tone="danger"
        title={t('fleet.unread', { count: unread.length })}
        description={unread.map(({ id, title, stale }) => (
          <span key={id} className={styles.unread}>
            {t('fleet.unreadWhy', { cluster: title, reason: stale!.reason })}
          </span>
        ))}
        action={
          clustersHref && (
            <ButtonLink variant="secondary" href={clustersHref}>
              {t('fleet.toClusters')}
            </ButtonLink>
          )
        }
      />
    );
  }
  return (
    <Notice
      icon={<RiKeyLine />}
      title={t('fleet.nothing')}
      description={
        accessHref
          ? `${t('fleet.nothingFix')} ${t('accessEmpty.fromFleet')}`
          : t('fleet.nothingFix')
      }
      action={
        accessHref && (
          <ButtonLink variant="secondary" href={accessHref}>
            {t('access.title')}
          </ButtonLink>
        )
      }
    />
  );
}
