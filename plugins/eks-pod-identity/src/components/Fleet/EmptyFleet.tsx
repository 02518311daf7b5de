import { useRouteRef } from '@backstage/frontend-plugin-api';
import { ButtonLink } from '@backstage/ui';
import { RiAlertFill, RiKeyLine } from '@remixicon/react';
import type { ClusterOverview } from 'backstage-plugin-eks-pod-identity-common';
import { accessRouteRef, clustersRouteRef } from '../../routes';
import { useTexts } from '../../hooks/useTexts';
import { Notice } from '../Notice';
import styles from './Fleet.module.css';

/** Why no association is listed: clusters cannot be read, or there is nothing yet. */
export function EmptyFleet({
  clusters,
}: {
  /** Undefined while they are loaded, or where they cannot be. */
  clusters: ClusterOverview[] | undefined;
}) {
  const { t } = useTexts();
  const accessHref = useRouteRef(accessRouteRef)?.();
  const clustersHref = useRouteRef(clustersRouteRef)?.();
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
