import { useApi } from '@backstage/frontend-plugin-api';
import {
  Button,
  Container,
  Skeleton,
  Switch,
  Table,
  Text,
} from '@backstage/ui';
import { lazy, Suspense, useRef } from 'react';
import { podIdentityApiRef } from '../../api';
import { useTexts } from '../../hooks/useTexts';
import { ProblemNotice } from '../Notice';
import readable from '../readable.module.css';
import { StatusLegend } from '../StatusBadge';
import { useAssociationColumns } from './associationColumns';
import { associationsCsv } from './csv';
import { Causes } from './Causes';
import { CsvButton } from './CsvButton';
import { EmptyFleet } from './EmptyFleet';
import { EmptyList } from './EmptyList';
import { Choice, FilterBar } from './FilterBar';
import styles from './Fleet.module.css';
import { chosenChip, StatusChips } from './StatusChips';
import { useAssociations } from './useAssociations';
import { useClusters } from './useClusters';
import { useFilters } from './useFilters';
import { useOwners } from './useOwners';
import { useVerifySelected } from './useVerifySelected';
import { VerifySelected } from './VerifySelected';

/** With the report, which the list does not need. */
const AssociationDetails = lazy(async () => {
  const { AssociationDetails: Details } = await import('./AssociationDetails');
  return { default: Details };
});

/** Every association the user may see, or the one that the address names. @public */
export function AssociationsPage() {
  const view = useFilters();
  return view.identity ? (
    <Suspense fallback={<Skeleton width="100%" height={240} />}>
      <AssociationDetails
        serviceAccount={view.identity}
        report={view.report}
        onChange={view.change}
      />
    </Suspense>
  ) : (
    <AssociationList view={view} />
  );
}

/** The counts are filters. */
function AssociationList({ view }: { view: ReturnType<typeof useFilters> }) {
  const { t } = useTexts();
  const api = useApi(podIdentityApiRef);
  const { filters, change, clear, isFiltered } = view;
  // Without clusters to choose from, the table still says what is wrong
  const { value: knownClusters } = useClusters();
  const clusters = knownClusters ?? [];
  const columns = useAssociationColumns();
  const top = useRef<HTMLDivElement>(null);
  const { page, isAnswered, problem, tableProps, reload } = useAssociations(
    filters,
    {
      page: view.page,
      onPage: () => top.current?.scrollIntoView?.({ block: 'start' }),
      onSort: ({ column, direction }) =>
        change({
          sort: String(column),
          order: direction === 'descending' ? 'desc' : undefined,
        }),
    },
  );
  const owners = useOwners(
    page?.items.flatMap(({ ownedBy = [] }) => ownedBy),
    filters.ownedBy,
  );
  const verification = useVerifySelected(tableProps.data ?? [], reload);
  const explanation = {
    orphan: t('fleet.orphanWhy'),
    drift: t('fleet.driftWhy'),
  }[chosenChip(filters)];
  const isEmpty = isAnswered && page?.totalItems === 0;
  // Old rows stay while new ones load; without any, a skeleton is shown
  const isWaitingForRows = !isAnswered && !tableProps.data?.length;
  const clearButton = (
    <Button size="small" variant="tertiary" onPress={clear}>
      {t('fleet.clear')}
    </Button>
  );

  // A refusal does not depend on the filters
  const isRefused = problem && problem.kind !== 'error';
  // There is nothing at all yet, so filters would be pointless
  const isNew = isEmpty && !isFiltered && !problem;
  return (
    <Container>
      <div className={`${styles.page} ${readable.readable}`} ref={top}>
        {!isRefused && !isNew && (
          <>
            <FilterBar
              filters={filters}
              searchLabel={t('fleet.search')}
              clusters={clusters}
              owners={owners}
              onChange={change}
            >
              <Choice
                label={t('fleet.managedBy')}
                any={t('fleet.managedAnywhere')}
                options={[
                  { value: 'portal', label: t('managedBy.portal') },
                  { value: 'addon', label: t('managedBy.addon') },
                  { value: 'external', label: t('managedBy.external') },
                ]}
                value={filters.owner}
                onChange={owner => change({ owner })}
              />
              <Choice
                label={t('fleet.lastUsed')}
                any={t('fleet.anyUse')}
                options={[
                  { value: 'unused', label: t('fleet.useUnused') },
                  { value: 'irsa', label: t('fleet.useIrsa') },
                  { value: 'denied', label: t('fleet.useDenied') },
                ]}
                value={filters.use}
                onChange={use => change({ use })}
              />
            </FilterBar>
            <StatusChips page={page} filters={filters} onChange={change} />
            <StatusLegend />
            <div className={styles.bar}>
              <span className={styles.result}>
                <Text as="p" role="status" color="secondary">
                  {page && !problem
                    ? t('fleet.count', { count: page.totalItems })
                    : undefined}
                </Text>
                <Switch
                  label={t('fleet.groupByCause')}
                  isSelected={view.isByCause}
                  onChange={on => change({ by: on ? 'cause' : undefined })}
                />
                {isFiltered && clearButton}
              </span>
              <CsvButton
                filters={filters}
                source={{
                  load: (query, options) =>
                    api.listAssociations(query, options),
                  textOf: associationsCsv,
                  name: 'aws-identities',
                }}
                isEmpty={!page || isEmpty}
              />
            </div>
            {!view.isByCause && <VerifySelected verification={verification} />}
            {explanation && (
              <Text as="p" variant="body-small" color="secondary">
                {explanation}
              </Text>
            )}
          </>
        )}
        {problem && (
          <ProblemNotice problem={problem} what="fleet" onRetry={reload} />
        )}
        {!problem && isEmpty && (
          <EmptyList
            isFiltered={isFiltered}
            hasClusters={knownClusters?.length !== 0}
            onClear={clear}
          >
            <EmptyFleet clusters={knownClusters} />
          </EmptyList>
        )}
        {!problem && !isEmpty && view.isByCause && <Causes filters={filters} />}
        {!problem && !isEmpty && !view.isByCause && (
          <Table
            {...tableProps}
            {...(isWaitingForRows && { data: undefined, isPending: true })}
            columnConfig={columns}
            selection={
              verification.canSelect
                ? {
                    mode: 'multiple',
                    behavior: 'toggle',
                    selected: verification.keys,
                    onSelectionChange: verification.select,
                  }
                : undefined
            }
            className={styles.table}
          />
        )}
      </div>
    </Container>
  );
}
