import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Cell, Text, useBreakpoint, type ColumnConfig } from '@backstage/ui';
import type { AssociationRow } from 'backstage-plugin-eks-pod-identity-common';
import type { ReactNode } from 'react';
import { podIdentityTranslationRef } from '../../translation';
import { StatusBadge } from '../StatusBadge';
import {
  Component,
  Drift,
  Finding,
  LastLook,
  Owner,
  Quiet,
  Role,
} from './AssociationCells';
import styles from './Fleet.module.css';

export type Row = AssociationRow & { id: string };

const cellOf = (content: (row: Row) => ReactNode) => (row: Row) =>
  <Cell className={styles.cell}>{content(row)}</Cell>;

/** The columns that fit the screen; on a narrow one, two columns hold everything. */
export function useAssociationColumns(): ColumnConfig<Row>[] {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const { up } = useBreakpoint();
  const isNarrow = !up('sm');
  return [
    {
      id: 'serviceAccount',
      label: t('fleet.serviceAccount'),
      isRowHeader: true,
      width: isNarrow ? '3fr' : '5fr',
      cell: cellOf(row => (
        <>
          <Text as="p" weight="bold" className={styles.wrap}>
            {row.ref.namespace}/<wbr />
            {row.ref.serviceAccount}
          </Text>
          <Quiet>{row.clusterTitle}</Quiet>
          {isNarrow && row.entityRef && <Component row={row} />}
          {isNarrow && <Finding row={row} />}
        </>
      )),
    },
    {
      id: 'status',
      label: t('fleet.status'),
      width: isNarrow ? '2fr' : '6fr',
      cell: cellOf(row => (
        <>
          <StatusBadge status={row.status} />
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
      cell: cellOf(row => <Component row={row} />),
    },
    {
      id: 'role',
      label: t('fleet.role'),
      isHidden: !up('md'),
      width: '5fr',
      cell: cellOf(row => (
        <>
          <Role row={row} />
          <Drift row={row} />
        </>
      )),
    },
    {
      id: 'owner',
      label: t('fleet.owner'),
      isHidden: !up('lg'),
      width: '4fr',
      cell: cellOf(row => <Owner row={row} />),
    },
    {
      id: 'look',
      label: t('fleet.lastLook'),
      isHidden: isNarrow,
      width: '4fr',
      cell: cellOf(row => <LastLook row={row} />),
    },
  ];
}
