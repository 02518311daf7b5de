import { Cell, useBreakpoint, type ColumnConfig } from '@backstage/ui';
import type { AssociationRow } from 'backstage-plugin-eks-pod-identity-common';
import type { ReactNode } from 'react';
import { useTexts } from '../../hooks/useTexts';
import { StatusBadge } from '../StatusBadge';
import {
  AccountLink,
  Component,
  Drift,
  Finding,
  LastLook,
  LastUse,
  ManagedBy,
  Role,
} from './AssociationCells';
import { Moment, Quiet, Team } from './EntityCells';
import styles from './Fleet.module.css';

export type Row = AssociationRow & { id: string };

const cellOf = (content: (row: Row) => ReactNode) => (row: Row) =>
  <Cell className={styles.cell}>{content(row)}</Cell>;

/** The columns that fit the screen; on a narrow one, two columns hold everything. */
export function useAssociationColumns(): ColumnConfig<Row>[] {
  const { t } = useTexts();
  const { up } = useBreakpoint();
  const isNarrow = !up('sm');
  const isWide = up('xl');
  return [
    {
      id: 'serviceAccount',
      label: t('fleet.serviceAccount'),
      isRowHeader: true,
      isSortable: true,
      width: isNarrow ? '3fr' : '5fr',
      cell: cellOf(row => (
        <>
          <AccountLink row={row} />
          <Quiet>{row.clusterTitle}</Quiet>
          {isNarrow && (row.entityRef || row.orphan) && <Component row={row} />}
          {isNarrow && <Finding row={row} />}
        </>
      )),
    },
    {
      id: 'status',
      label: t('fleet.status'),
      isSortable: true,
      width: isNarrow ? '2fr' : '6fr',
      cell: cellOf(row => (
        <>
          <StatusBadge status={row.status} notes={row.notes} />
          {isNarrow ? <LastLook row={row} /> : <Finding row={row} />}
          {isNarrow && <Drift row={row} />}
        </>
      )),
    },
    {
      id: 'component',
      label: t('fleet.component'),
      isHidden: isNarrow,
      width: '4fr',
      cell: cellOf(row => (
        <>
          <Component row={row} />
          {!isWide && <Team row={row} />}
        </>
      )),
    },
    {
      id: 'ownedBy',
      label: t('fleet.owner'),
      isHidden: !isWide,
      width: '3fr',
      cell: cellOf(row => <Team row={row} />),
    },
    {
      id: 'role',
      label: t('fleet.role'),
      isSortable: true,
      isHidden: !up('md'),
      width: '5fr',
      cell: cellOf(row => (
        <>
          <Role row={row} />
          {!isWide && <ManagedBy row={row} />}
          <Drift row={row} />
        </>
      )),
    },
    {
      id: 'managedBy',
      label: t('fleet.managedBy'),
      isSortable: true,
      isHidden: !isWide,
      width: '3fr',
      cell: cellOf(row => <ManagedBy row={row} />),
    },
    {
      id: 'provenAt',
      label: t('fleet.lastTested'),
      isSortable: true,
      isHidden: isNarrow,
      width: '4fr',
      cell: cellOf(row => <Moment at={row.provenAt} />),
    },
    {
      id: 'lastUsedAt',
      label: t('fleet.lastUsed'),
      isSortable: true,
      isHidden: isNarrow,
      width: '4fr',
      cell: cellOf(row => <LastUse row={row} />),
    },
    {
      id: 'lookedAt',
      label: t('fleet.lastLook'),
      isSortable: true,
      isHidden: isNarrow,
      width: '4fr',
      cell: cellOf(row => <LastLook row={row} />),
    },
  ];
}
