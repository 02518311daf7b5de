import { parseEntityRef } from '@backstage/catalog-model';
import { useRouteRef, useTranslationRef } from '@backstage/frontend-plugin-api';
import { entityRouteRef } from '@backstage/plugin-catalog-react';
import {
  Cell,
  Link,
  Text,
  useBreakpoint,
  type ColumnConfig,
} from '@backstage/ui';
import {
  stringifyServiceAccountRef,
  type AssociationRow,
  type IdentityStatus,
} from 'backstage-plugin-eks-pod-identity-common';
import { TAB_PATH } from '../../hooks/useLinks';
import { podIdentityTranslationRef } from '../../translation';
import { withoutStatus } from '../IdentityCard/IdentityDetails';
import { relativeTime } from '../IdentityCard/when';
import { StatusBadge } from '../StatusBadge';
import styles from './Fleet.module.css';

export type Row = AssociationRow & { id: string };

const roleName = (arn: string | undefined) => arn?.split('/').pop() ?? '–';

/** Of these the sentence says more than the word. */
const TELLING: readonly IdentityStatus[] = [
  'failed',
  'degraded',
  'inconclusive',
  'changed',
];

function Quiet({ children }: { children: string }) {
  return (
    <Text as="p" variant="body-small" color="secondary" className={styles.wrap}>
      {children}
    </Text>
  );
}

/** The page of a component’s identity, where the catalog gives the component to the reader. */
function useComponentHref() {
  const entityRoute = useRouteRef(entityRouteRef);
  return (row: Row) => {
    if (!row.entityRef || !entityRoute) return undefined;
    const { kind, namespace, name } = parseEntityRef(row.entityRef);
    return `${entityRoute({
      kind: kind.toLocaleLowerCase('en-US'),
      namespace,
      name,
    })}/${TAB_PATH}?ref=${encodeURIComponent(
      stringifyServiceAccountRef(row.ref),
    )}`;
  };
}

/** What fits: on a narrow screen two columns that hold it all. */
export function useAssociationColumns(): ColumnConfig<Row>[] {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const hrefOf = useComponentHref();
  const { up } = useBreakpoint();
  const isNarrow = !up('sm');

  const component = (row: Row) => {
    const title =
      row.entityTitle ?? (row.entityRef && parseEntityRef(row.entityRef).name);
    if (!title) {
      return row.orphan ? (
        <span className={styles.flag} title={t('fleet.orphanWhy')}>
          {t('fleet.orphan')}
        </span>
      ) : (
        <Text color="secondary">–</Text>
      );
    }
    const href = hrefOf(row);
    return (
      <span className={styles.wrap}>
        {href ? <Link href={href}>{title}</Link> : title}
      </span>
    );
  };
  const look = (row: Row) => (
    <>
      <Text
        as="p"
        title={row.lookedAt && new Date(row.lookedAt).toLocaleString()}
      >
        {row.lookedAt ? relativeTime(row.lookedAt) : t('card.never')}
      </Text>
      {row.stale && (
        <span className={styles.flag} title={t('fleet.staleWhy')}>
          {t('status.stale')}
        </span>
      )}
    </>
  );
  const drift = (row: Row) =>
    row.drift && (
      <>
        <span className={styles.flag} title={t('fleet.driftWhy')}>
          {t('fleet.drift')}
        </span>
        {row.driftReason && <Quiet>{row.driftReason}</Quiet>}
      </>
    );
  const finding = (row: Row) =>
    TELLING.includes(row.status) && <Quiet>{withoutStatus(row)}</Quiet>;

  return [
    {
      id: 'serviceAccount',
      label: t('fleet.serviceAccount'),
      isRowHeader: true,
      width: isNarrow ? '3fr' : '5fr',
      cell: row => (
        <Cell className={styles.cell}>
          <Text as="p" weight="bold" className={styles.wrap}>
            {row.ref.namespace}/<wbr />
            {row.ref.serviceAccount}
          </Text>
          <Quiet>{row.clusterTitle}</Quiet>
          {isNarrow && (
            <>
              {row.entityRef && component(row)}
              {finding(row)}
            </>
          )}
        </Cell>
      ),
    },
    {
      id: 'status',
      label: t('fleet.status'),
      width: isNarrow ? '2fr' : '6fr',
      cell: row => (
        <Cell className={styles.cell}>
          <StatusBadge status={row.status} />
          {isNarrow ? look(row) : finding(row)}
          {isNarrow && drift(row)}
        </Cell>
      ),
    },
    {
      id: 'component',
      label: t('fleet.component'),
      isHidden: isNarrow,
      width: '4fr',
      cell: row => <Cell className={styles.cell}>{component(row)}</Cell>,
    },
    {
      id: 'role',
      label: t('fleet.role'),
      isHidden: !up('md'),
      width: '5fr',
      cell: row => (
        <Cell className={styles.cell}>
          <span className={styles.role} title={row.roleArn}>
            {roleName(row.roleArn)}
          </span>
          {row.targetRoleArn && (
            <Quiet>
              {t('fleet.thenRole', { name: roleName(row.targetRoleArn) })}
            </Quiet>
          )}
          {drift(row)}
        </Cell>
      ),
    },
    {
      id: 'owner',
      label: t('fleet.owner'),
      isHidden: !up('lg'),
      width: '4fr',
      cell: row => (
        <Cell className={styles.cell}>
          <Text as="p">
            {
              {
                portal: t('fleet.ownerPortal'),
                addon: t('fleet.ownerAddon'),
                external: t('fleet.ownerExternal'),
              }[row.owner]
            }
          </Text>
        </Cell>
      ),
    },
    {
      id: 'look',
      label: t('fleet.lastLook'),
      isHidden: isNarrow,
      width: '4fr',
      cell: row => <Cell className={styles.cell}>{look(row)}</Cell>,
    },
  ];
}
