// On a narrow screen the rows are styled as cards; some browsers then drop the table roles unless they are explicit
/* eslint-disable jsx-a11y/no-redundant-roles, jsx-a11y/no-interactive-element-to-noninteractive-role */
import { useRouteRef } from '@backstage/frontend-plugin-api';
import { ButtonIcon, Link, Text } from '@backstage/ui';
import { RiAlertFill, RiRefreshLine } from '@remixicon/react';
import {
  IDENTITY_STATUS_ORDER,
  type ClusterOverview,
  type IdentityStatus,
} from 'backstage-plugin-eks-pod-identity-common';
import { associationsRouteRef } from '../../routes';
import { useTexts } from '../../hooks/useTexts';
import { relativeTime } from '../when';
import { StatusIcon, toneOf } from '../StatusBadge';
import styles from './Matrix.module.css';
import type { SweepOrder } from './useSweepOrders';

/** Beside those of the statuses. */
const OTHER_COLUMNS = 4;

/** More do not fit beside each other on a usual screen. */
const MANY_STATUSES = 8;

/** Only statuses that an identity of these clusters has: all would not fit. */
const statusesOf = (clusters: readonly ClusterOverview[]) =>
  IDENTITY_STATUS_ORDER.filter(status =>
    clusters.some(({ counts }) => counts[status]),
  );

const totalOf = (cluster: ClusterOverview) =>
  Object.values(cluster.counts).reduce((a, b) => a + b, 0);

/** Link to the associations of a cluster, with one status or all; undefined if the app has no such page. */
function useAssociationsHref() {
  const route = useRouteRef(associationsRouteRef);
  return (cluster: string, status?: IdentityStatus) =>
    route &&
    `${route()}?${new URLSearchParams({
      cluster,
      ...(status && { status }),
    })}`;
}

function Count({
  count,
  href,
  label,
}: {
  count: number;
  href: string | undefined;
  label: string;
}) {
  if (count === 0) return <span className={styles.zero}>0</span>;
  const text = count.toLocaleString();
  return href ? (
    <Link href={href} aria-label={label} className={styles.count}>
      {text}
    </Link>
  ) : (
    <span className={styles.count}>{text}</span>
  );
}

function Agent({ cluster }: { cluster: ClusterOverview }) {
  const { t } = useTexts();
  const { agentVersion, agentCoverage } = cluster;
  const gap = agentCoverage && agentCoverage.ready < agentCoverage.needed;
  const versions: Record<string, string> = {
    'self-managed': t('fleet.agentSelfManaged'),
    'built-in': t('fleet.agentBuiltIn'),
  };
  if (!agentVersion) {
    return (
      <Text as="p" variant="body-small" color="secondary">
        {/* Nodes are counted only if the cluster could be read */}
        {agentCoverage ? t('fleet.agentAbsent') : t('fleet.agentUnknown')}
      </Text>
    );
  }
  return (
    <>
      <Text as="p" variant="body-small" className={styles.wrap}>
        {versions[agentVersion] ?? agentVersion}
      </Text>
      {agentCoverage && (
        <span className={gap ? styles.gap : styles.quiet}>
          {gap && <RiAlertFill size={14} aria-hidden="true" />}
          {t('fleet.agentCoverage', {
            ready: String(agentCoverage.ready),
            needed: String(agentCoverage.needed),
          })}
        </span>
      )}
    </>
  );
}

/** When the cluster was last looked at, and a button to have that done before its turn. */
function LastSweep({
  cluster,
  sweep,
}: {
  cluster: ClusterOverview;
  sweep: SweepOrder;
}) {
  const { t } = useTexts();
  const { lastSweepAt } = cluster;
  const when = lastSweepAt ? relativeTime(lastSweepAt) : t('card.never');
  return (
    <>
      <span className={styles.sweep}>
        <Text
          as="p"
          variant="body-small"
          role="status"
          title={lastSweepAt && new Date(lastSweepAt).toLocaleString()}
        >
          {sweep.isLooking ? t('setup.looking') : when}
        </Text>
        {cluster.can.sweep && (
          <ButtonIcon
            size="small"
            variant="tertiary"
            isDisabled={sweep.isLooking}
            aria-label={t('setup.lookAgainAt', { cluster: cluster.title })}
            icon={<RiRefreshLine />}
            onPress={sweep.order}
          />
        )}
      </span>
      {sweep.refusal && (
        <Text role="alert" as="p" variant="body-small" color="danger">
          {sweep.refusal}
        </Text>
      )}
    </>
  );
}

function ClusterRow({
  cluster,
  statuses,
  sweep,
}: {
  cluster: ClusterOverview;
  statuses: readonly IdentityStatus[];
  sweep: SweepOrder;
}) {
  const { t } = useTexts();
  const hrefOf = useAssociationsHref();
  const total = totalOf(cluster);
  return (
    <>
      <tr role="row" className={styles.row}>
        <th role="rowheader" scope="row" className={styles.cluster}>
          <span className={styles.wrap}>{cluster.title}</span>
          <span className={styles.quiet}>
            {[
              cluster.name !== cluster.title && cluster.name,
              cluster.region,
              cluster.accountId,
            ]
              .filter(Boolean)
              .join(' · ')}
          </span>
          {cluster.kubernetesAccess === 'none' && (
            <span className={styles.quiet}>{t('fleet.noKubernetes')}</span>
          )}
        </th>
        <td role="cell" className={styles.number}>
          <span className={styles.label}>{t('fleet.all')}</span>
          <Count
            count={total}
            href={hrefOf(cluster.id)}
            label={t('fleet.cellAll', { count: total, cluster: cluster.title })}
          />
        </td>
        {statuses.map(status => {
          const count = cluster.counts[status] ?? 0;
          return (
            <td
              role="cell"
              key={status}
              className={styles.number}
              data-tone={count > 0 ? toneOf(status) : undefined}
              data-zero={count === 0 || undefined}
            >
              <span className={styles.label}>
                <StatusIcon status={status} />
                {t(`status.${status}`)}
              </span>
              <Count
                count={count}
                href={hrefOf(cluster.id, status)}
                label={t('fleet.cell', {
                  count,
                  status: t(`status.${status}`),
                  cluster: cluster.title,
                })}
              />
            </td>
          );
        })}
        <td role="cell" className={styles.text}>
          <span className={styles.label}>{t('fleet.agent')}</span>
          <div>
            <Agent cluster={cluster} />
          </div>
        </td>
        <td role="cell" className={styles.text}>
          <span className={styles.label}>{t('fleet.sweep')}</span>
          <div>
            <LastSweep cluster={cluster} sweep={sweep} />
            {cluster.evidence && (
              <Text
                as="p"
                variant="body-small"
                color="secondary"
                title={cluster.evidence.reason}
              >
                {cluster.evidence.state === 'denied'
                  ? t('fleet.evidenceDenied')
                  : t('fleet.evidence', {
                      read: cluster.evidence.read.toLocaleString(),
                      total: cluster.evidence.total.toLocaleString(),
                    })}
              </Text>
            )}
          </div>
        </td>
      </tr>
      {cluster.stale && (
        <tr role="row" className={styles.staleRow}>
          <td
            role="cell"
            colSpan={statuses.length + OTHER_COLUMNS}
            className={styles.stale}
          >
            <RiAlertFill size={16} aria-hidden="true" />
            <span className={styles.wrap}>
              {t('problem.stale', {
                when: relativeTime(cluster.stale.since),
                reason: cluster.stale.reason,
              })}
            </span>
          </td>
        </tr>
      )}
    </>
  );
}

/** Cluster × status. Not the table of the design system, which truncates such narrow columns. */
export function ClusterMatrix({
  clusters,
  sweepOf,
}: {
  clusters: ClusterOverview[];
  sweepOf: (cluster: ClusterOverview) => SweepOrder;
}) {
  const { t } = useTexts();
  const statuses = statusesOf(clusters);
  const head = (key: string, text: string, status?: IdentityStatus) => (
    <th
      role="columnheader"
      key={key}
      scope="col"
      className={status || key === 'all' ? styles.numberHead : undefined}
    >
      {status && <StatusIcon status={status} />}
      {text}
    </th>
  );
  return (
    <div
      className={styles.container}
      data-many={statuses.length > MANY_STATUSES || undefined}
    >
      <table role="table" className={styles.matrix}>
        <caption className={styles.caption}>{t('fleet.matrix')}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {head('cluster', t('fleet.cluster'))}
            {head('all', t('fleet.all'))}
            {statuses.map(status =>
              head(status, t(`status.${status}`), status),
            )}
            {head('agent', t('fleet.agent'))}
            {head('sweep', t('fleet.sweep'))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {clusters.map(cluster => (
            <ClusterRow
              key={cluster.id}
              cluster={cluster}
              statuses={statuses}
              sweep={sweepOf(cluster)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}
