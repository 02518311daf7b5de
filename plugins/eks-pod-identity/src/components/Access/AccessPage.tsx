import { useApi } from '@backstage/frontend-plugin-api';
import { Button, Container, TablePagination, Text } from '@backstage/ui';
import {
  ACCESS_VERDICT_ORDER,
  accessCsv,
  type AccessItem,
  type CsvColumn,
  accessRoadSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import { useRef } from 'react';
import { podIdentityApiRef } from '../../api';
import { Chips } from '../Fleet/Chips';
import { CsvButton } from '../Fleet/CsvButton';
import { EmptyList } from '../Fleet/EmptyList';
import { Choice, FilterBar } from '../Fleet/FilterBar';
import fleet from '../Fleet/Fleet.module.css';
import { useClusters } from '../Fleet/useClusters';
import { useOwners } from '../Fleet/useOwners';
import { ProblemNotice } from '../Notice';
import readable from '../readable.module.css';
import { AccessGaps } from './AccessGaps';
import { AccessProgress } from './AccessProgress';
import { AccessTable } from './AccessTable';
import { EmptyAccess } from './EmptyAccess';
import { MoveRecords } from './MoveRecords';
import { MoveTeam } from './MoveTeam';
import { NodeGroups } from './NodeGroups';
import { useAccess, useAccessProgress } from './useAccess';
import { useAccessFilters } from './useAccessFilters';
import { VerdictIcon } from '../AccessParts/VerdictBadge';
import { VerdictLegend } from './VerdictLegend';
import { useTexts } from '../../hooks/useTexts';

/** What the catalog knows of a service account. */
const OF_CATALOG: CsvColumn<AccessItem>[] = [
  ['component', ({ entityRef }) => entityRef],
  ['claimed', ({ claimed }) => (claimed ? 'true' : '')],
  ['owners', ({ ownedBy }) => ownedBy?.map(owner => owner.entityRef).join(' ')],
];

/** Every service account with an AWS identity that the user may see, by whatever road. @public */
export function AccessPage() {
  const { t } = useTexts();
  const api = useApi(podIdentityApiRef);
  const { filters, page: at, change, clear, isFiltered } = useAccessFilters();
  const { value: clusters } = useClusters();
  const progress = useAccessProgress(filters);
  const top = useRef<HTMLDivElement>(null);
  const { page, isAnswered, problem, tableProps, reload } = useAccess(filters, {
    page: at,
    onPage: () => top.current?.scrollIntoView?.({ block: 'start' }),
    onSort: ({ column, direction }) =>
      change({
        sort: String(column),
        order: direction === 'descending' ? 'desc' : undefined,
      }),
  });
  const owners = useOwners(
    [
      ...(progress.value?.owners ?? []),
      ...(page?.items ?? []).flatMap(({ ownedBy = [] }) => ownedBy),
    ],
    filters.ownedBy,
  );
  const isEmpty = isAnswered && page?.totalItems === 0;
  // A refusal does not depend on the filters, and without any row they would be pointless
  const isRefused = problem && problem.kind !== 'error';
  const isNew = isEmpty && !isFiltered && !problem;
  const { data, sort, pagination } = tableProps;
  const isWaitingForRows = !isAnswered && !data?.length;
  const counts = page?.verdicts ?? {};
  return (
    <Container>
      <div className={`${fleet.page} ${readable.readable}`}>
        {!isRefused && !isNew && (
          <>
            {!problem && (
              <AccessProgress
                progress={progress}
                filters={filters}
                onChange={change}
              />
            )}
            <AccessGaps clusters={progress.value?.clusters ?? []} />
            <NodeGroups clusters={progress.value?.clusters ?? []} />
            <MoveRecords count={progress.value?.moveRecords} />
            <div ref={top}>
              <FilterBar
                filters={filters}
                searchLabel={t('access.search')}
                clusters={clusters ?? []}
                owners={owners}
                onChange={change}
              >
                <Choice
                  label={t('access.road')}
                  any={t('access.anyRoad')}
                  options={accessRoadSchema.options.map(road => ({
                    value: road,
                    label: t('access.roadCount', {
                      road: t(`accessRoad.${road}`),
                      count: page?.roads[road] ?? 0,
                    }),
                  }))}
                  value={filters.road}
                  onChange={road => change({ road })}
                />
              </FilterBar>
            </div>
            <MoveTeam
              key={filters.ownedBy}
              filters={filters}
              team={
                owners.find(({ value }) => value === filters.ownedBy)?.label ??
                ''
              }
              ready={page?.verdicts.ready}
              onMoved={() => {
                reload();
                progress.reload();
              }}
            />
            <Chips
              label={t('access.filterByVerdict')}
              chips={[
                {
                  id: 'all',
                  label: t('fleet.all'),
                  count: Object.values(counts).reduce((a, b) => a + b, 0),
                },
                ...ACCESS_VERDICT_ORDER.map(verdict => ({
                  id: verdict,
                  label: t(`accessVerdict.${verdict}`),
                  count: counts[verdict] ?? 0,
                  icon: <VerdictIcon verdict={verdict} />,
                })),
              ]}
              chosen={filters.verdict ?? 'all'}
              hasCounts={page !== undefined}
              onChoose={id =>
                change({ verdict: id === 'all' ? undefined : id })
              }
            />
            <VerdictLegend />
            <div className={fleet.bar}>
              <span className={fleet.result}>
                <Text as="p" role="status" color="secondary">
                  {page && !problem
                    ? t('access.count', { count: page.totalItems })
                    : undefined}
                </Text>
                {isFiltered && (
                  <Button size="small" variant="tertiary" onPress={clear}>
                    {t('fleet.clear')}
                  </Button>
                )}
              </span>
              <CsvButton
                filters={filters}
                source={{
                  load: (query, options) => api.listAccess(query, options),
                  textOf: rows => accessCsv(rows, OF_CATALOG),
                  name: 'aws-access',
                }}
                isEmpty={!page || isEmpty}
              />
            </div>
          </>
        )}
        {problem && (
          <ProblemNotice problem={problem} what="access" onRetry={reload} />
        )}
        {!problem && isEmpty && (
          <EmptyList
            isFiltered={isFiltered}
            hasClusters={clusters?.length !== 0}
            onClear={clear}
          >
            <EmptyAccess looked={progress.value?.clusters} />
          </EmptyList>
        )}
        {isNew && (
          <>
            <AccessGaps clusters={progress.value?.clusters ?? []} />
            <MoveRecords count={progress.value?.moveRecords} />
          </>
        )}
        {!problem && !isEmpty && sort?.descriptor && (
          <>
            {data?.some(({ withheld }) => withheld) && (
              <Text as="p" variant="body-small" color="secondary">
                {t('access.withheld')}
              </Text>
            )}
            <AccessTable
              rows={isWaitingForRows ? undefined : data}
              sort={sort.descriptor}
              isBusy={!isAnswered}
              onSort={sort.onSortChange}
            />
            {pagination.type === 'page' && !isWaitingForRows && (
              <TablePagination {...pagination} />
            )}
          </>
        )}
      </div>
    </Container>
  );
}
