import { RiGhostLine, RiShuffleLine } from '@remixicon/react';
import {
  IDENTITY_STATUS_ORDER,
  statusesNamed,
  type AssociationPage,
  type AssociationQuery,
} from 'backstage-plugin-eks-pod-identity-common';
import { useTexts } from '../../hooks/useTexts';
import { StatusIcon } from '../StatusBadge';
import { Chips, type Chip } from './Chips';
import type { FilterChange } from './useFilters';

/** The chip of the current filter. */
export function chosenChip(filters: AssociationQuery): string {
  const { status } = filters;
  if (status) {
    const named = statusesNamed(status);
    return named.length === 1 ? named[0] : status;
  }
  if (filters.orphan) return 'orphan';
  return filters.drift ? 'drift' : 'all';
}

/** Counts that act as filters: by status, orphans and drift. */
export function StatusChips({
  page,
  filters,
  onChange,
}: {
  page: AssociationPage | undefined;
  filters: AssociationQuery;
  onChange: (values: FilterChange) => void;
}) {
  const { t } = useTexts();
  const chosen = chosenChip(filters);
  const counts = page?.counts ?? {};
  const chips: Chip[] = [
    {
      id: 'all',
      label: t('fleet.all'),
      count: Object.values(counts).reduce((a, b) => a + b, 0),
    },
    ...IDENTITY_STATUS_ORDER.map(status => ({
      id: status,
      label: t(`status.${status}`),
      count: counts[status] ?? 0,
      icon: <StatusIcon status={status} />,
    })),
    {
      id: 'orphan',
      label: t('fleet.orphans'),
      count: page?.orphans ?? 0,
      icon: <RiGhostLine aria-hidden="true" />,
    },
    {
      id: 'drift',
      label: t('fleet.drifted'),
      count: page?.drifted ?? 0,
      icon: <RiShuffleLine aria-hidden="true" />,
    },
  ];
  return (
    <Chips
      label={t('fleet.filterByStatus')}
      chips={chips}
      chosen={chosen}
      hasCounts={page !== undefined}
      onChoose={key =>
        onChange({
          status: ['all', 'orphan', 'drift'].includes(key) ? undefined : key,
          orphan: key === 'orphan' ? 'true' : undefined,
          drift: key === 'drift' ? 'true' : undefined,
        })
      }
    />
  );
}
