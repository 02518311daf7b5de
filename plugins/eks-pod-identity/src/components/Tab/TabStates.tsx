import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { ButtonLink, Skeleton } from '@backstage/ui';
import { RiHistoryLine, RiKeyLine } from '@remixicon/react';
import { POD_IDENTITY_ANNOTATION } from 'backstage-plugin-eks-pod-identity-common';
import type { ReactNode } from 'react';
import { useTemplateHref } from '../../hooks/useLinks';
import { podIdentityTranslationRef } from '../../translation';
import { Notice } from '../Notice';
import styles from './Tab.module.css';

/** In the shape of what comes: the overview, the strip and the report. */
export function TabSkeleton() {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  return (
    <div
      role="status"
      aria-label={t('card.loading')}
      className={styles.skeleton}
    >
      <Skeleton width="100%" height={240} />
      <Skeleton width="12rem" height={20} />
      <Skeleton width="100%" height={64} />
      <Skeleton width="100%" height={280} />
    </div>
  );
}

export function ReportSkeleton() {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  return (
    <div
      role="status"
      aria-label={t('tab.loadingReport')}
      className={styles.skeleton}
    >
      <Skeleton width="16rem" height={24} />
      <Skeleton width="100%" height={160} />
      <Skeleton width="100%" height={280} />
    </div>
  );
}

/** An absence is nothing to warn about: what it means, and the two ways in. */
export function NoIdentity({
  entityRef,
  canCreate,
}: {
  entityRef: string;
  canCreate: boolean;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const href = useTemplateHref('give-a-component-an-aws-identity', {
    entityRef,
  });
  return (
    <Notice
      icon={<RiKeyLine size={24} />}
      title={t('empty.none')}
      description={t('empty.how', { annotation: POD_IDENTITY_ANNOTATION })}
      action={
        canCreate &&
        href && (
          <ButtonLink variant="primary" href={href}>
            {t('empty.give')}
          </ButtonLink>
        )
      }
    />
  );
}

/** No report to show, and what makes one appear. */
export function NoReport({
  title,
  description,
  action,
}: {
  title: string;
  description?: string;
  action?: ReactNode;
}) {
  return (
    <Notice
      icon={<RiHistoryLine size={24} />}
      title={title}
      description={description}
      action={action}
    />
  );
}
