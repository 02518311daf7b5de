import { ButtonLink, Card, CardBody, Skeleton } from '@backstage/ui';
import { RiHistoryLine, RiKeyLine } from '@remixicon/react';
import {
  POD_IDENTITY_ANNOTATION,
  type EntityAccess,
  type EntityNodeUse,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ReactNode } from 'react';
import { useGiveIdentityHref } from '../../hooks/useLinks';
import { useTexts } from '../../hooks/useTexts';
import { AccessLines } from '../IdentityCard/AccessLines';
import { NodeLines } from '../IdentityCard/NodeLines';
import { Notice } from '../Notice';
import styles from './Tab.module.css';

function Blocks({
  label,
  sizes,
}: {
  label: string;
  sizes: [width: string, height: number][];
}) {
  return (
    <div role="status" aria-label={label} className={styles.skeleton}>
      {sizes.map(([width, height]) => (
        <Skeleton key={height} width={width} height={height} />
      ))}
    </div>
  );
}

/** Shaped like what is loading: the overview, the strip of past runs and the report. */
export function TabSkeleton() {
  const { t } = useTexts();
  return (
    <Blocks
      label={t('card.loading')}
      sizes={[
        ['100%', 240],
        ['12rem', 20],
        ['100%', 64],
        ['100%', 280],
      ]}
    />
  );
}

export function ReportSkeleton() {
  const { t } = useTexts();
  return (
    <Blocks
      label={t('tab.loadingReport')}
      sizes={[
        ['16rem', 24],
        ['100%', 160],
        ['100%', 280],
      ]}
    />
  );
}

/** How the component gets to AWS without Pod Identity. */
export function AccessCard({
  rows,
  asNode,
  entityRef,
  besides,
}: {
  rows: EntityAccess[];
  /** What of it may use the role of its node. */
  asNode: EntityNodeUse[];
  entityRef: string;
  besides: boolean;
}) {
  if (rows.length + asNode.length === 0) return null;
  return (
    <Card>
      <CardBody>
        {rows.length > 0 && (
          <AccessLines rows={rows} entityRef={entityRef} besides={besides} />
        )}
        {asNode.length > 0 && <NodeLines uses={asNode} />}
      </CardBody>
    </Card>
  );
}

/** No identity is no reason for a warning: explains it, and the two ways to get one. */
export function NoIdentity({
  entityRef,
  canCreate,
  hasAccess,
}: {
  entityRef: string;
  canCreate: boolean;
  /** It gets to AWS all the same. */
  hasAccess: boolean;
}) {
  const { t } = useTexts();
  const href = useGiveIdentityHref(entityRef);
  return (
    <Notice
      icon={<RiKeyLine size={24} />}
      title={t(hasAccess ? 'accessFacts.without' : 'empty.none')}
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

/** Why there is no report to show, and how to get one. */
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
