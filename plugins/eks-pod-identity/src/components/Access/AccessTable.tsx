// On a narrow screen the rows are styled as cards; some browsers then drop the table roles unless they are explicit
/* eslint-disable jsx-a11y/no-redundant-roles, jsx-a11y/no-interactive-element-to-noninteractive-role */
import { Skeleton, VisuallyHidden, type SortDescriptor } from '@backstage/ui';
import {
  RiArrowDownLine,
  RiArrowRightSLine,
  RiArrowUpLine,
} from '@remixicon/react';
import type { AccessSort } from 'backstage-plugin-eks-pod-identity-common';
import { useId, useState, type ReactNode } from 'react';
import { EntityLink, Team } from '../Fleet/EntityCells';
import {
  hasNoUse,
  LastUse,
  Roads,
  Sdks,
  VerdictOf,
} from '../AccessParts/AccessCells';
import styles from './Access.module.css';
import { AccessDetails } from './AccessDetails';
import type { Row } from './useAccess';
import { useTexts } from '../../hooks/useTexts';

const COLUMNS = 6;

function SortButton({
  column,
  label,
  sort,
  onSort,
}: {
  column: AccessSort;
  label: string;
  sort: SortDescriptor;
  onSort: (sort: SortDescriptor) => void;
}) {
  const isSorted = sort.column === column;
  const isDown = isSorted && sort.direction === 'descending';
  const Arrow = isDown ? RiArrowDownLine : RiArrowUpLine;
  return (
    <th
      role="columnheader"
      scope="col"
      aria-sort={isSorted ? sort.direction : 'none'}
    >
      <button
        type="button"
        className={styles.sort}
        onClick={() =>
          onSort({
            column,
            direction: isSorted && !isDown ? 'descending' : 'ascending',
          })
        }
      >
        {label}
        <Arrow size={16} aria-hidden="true" data-shown={isSorted} />
      </button>
    </th>
  );
}

/** A value beside its label; of those that are empty, cards on a narrow screen have none. */
function Value({
  label,
  isEmpty,
  children,
}: {
  label: string;
  isEmpty?: boolean;
  children: ReactNode;
}) {
  return (
    <td role="cell" className={styles.value} data-empty={isEmpty}>
      <span className={styles.label}>{label}</span>
      <div>{children}</div>
    </td>
  );
}

function AccessRow({ row }: { row: Row }) {
  const { t } = useTexts();
  const [open, setOpen] = useState(false);
  const id = useId();
  const { namespace, serviceAccount } = row.ref;
  // One of several components of a namespace: whose they are is known, not which one it is
  const hasEntity = row.entityRef || row.entityTitle;
  return (
    <>
      <tr role="row" className={styles.row} data-open={open}>
        <th role="rowheader" scope="row" className={styles.account}>
          <button
            type="button"
            className={styles.toggle}
            aria-expanded={open}
            aria-controls={open ? id : undefined}
            aria-label={t('access.detailsOf', {
              name: `${namespace}/${serviceAccount}`,
            })}
            onClick={() => setOpen(!open)}
          >
            <RiArrowRightSLine size={20} aria-hidden="true" />
          </button>
          <span>
            {namespace}/<wbr />
            {serviceAccount}
            <span className={styles.quiet}>{row.clusterTitle}</span>
          </span>
        </th>
        <td role="cell" className={styles.verdict}>
          <VerdictOf row={row} />
        </td>
        <Value label={t('access.road')}>
          <Roads row={row} />
        </Value>
        <Value
          label={t('fleet.component')}
          isEmpty={!hasEntity && !row.ownedBy?.length}
        >
          {(hasEntity || !row.ownedBy?.length) && <EntityLink row={row} />}
          <Team row={row} />
        </Value>
        <Value label={t('access.sdk')} isEmpty={row.programs?.length === 0}>
          <Sdks row={row} />
        </Value>
        <Value label={t('access.lastUse')} isEmpty={hasNoUse(row)}>
          <LastUse row={row} />
        </Value>
      </tr>
      {open && (
        <tr role="row" className={styles.detailsRow} id={id}>
          <td role="cell" colSpan={COLUMNS}>
            <AccessDetails row={row} />
          </td>
        </tr>
      )}
    </>
  );
}

/** The rows, each with details that open below it. Not the table of the design system, which has no room for those. */
export function AccessTable({
  rows,
  sort,
  isBusy,
  onSort,
}: {
  /** Undefined while the first ones are loaded. */
  rows: Row[] | undefined;
  sort: SortDescriptor;
  /** True while others are loaded. */
  isBusy: boolean;
  onSort: (sort: SortDescriptor) => void;
}) {
  const { t } = useTexts();
  const sorted = { sort, onSort };
  if (!rows) {
    return (
      <div
        role="status"
        aria-label={t('access.loading')}
        className={styles.skeleton}
      >
        {Array.from({ length: 5 }, (_, index) => (
          <Skeleton key={index} width="100%" height={64} />
        ))}
      </div>
    );
  }
  return (
    <div className={styles.container} aria-busy={isBusy}>
      <table role="table" className={styles.table}>
        <caption>
          <VisuallyHidden>{t('access.table')}</VisuallyHidden>
        </caption>
        <thead role="rowgroup">
          <tr role="row">
            <SortButton
              {...sorted}
              column="serviceAccount"
              label={t('fleet.serviceAccount')}
            />
            <SortButton
              {...sorted}
              column="verdict"
              label={t('access.verdict')}
            />
            <th role="columnheader" scope="col">
              {t('access.road')}
            </th>
            <th role="columnheader" scope="col">
              {t('fleet.component')}
            </th>
            <th role="columnheader" scope="col">
              {t('access.sdk')}
            </th>
            <SortButton
              {...sorted}
              column="lastUsedAt"
              label={t('access.lastUse')}
            />
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map(row => (
            <AccessRow key={row.id} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
