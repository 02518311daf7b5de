import { parseEntityRef } from '@backstage/catalog-model';
import {
  useApi,
  useAppSearchParams,
  useRouteRef,
  useTranslationRef,
} from '@backstage/frontend-plugin-api';
import { entityRouteRef } from '@backstage/plugin-catalog-react';
import {
  Button,
  Cell,
  CellText,
  Container,
  Flex,
  SearchField,
  Select,
  Table,
  Text,
  ToggleButton,
  ToggleButtonGroup,
  useTable,
  type ColumnConfig,
} from '@backstage/ui';
import {
  IDENTITY_STATUS_ORDER,
  stringifyServiceAccountRef,
  type AssociationPage,
  type AssociationQuery,
  type AssociationRow,
  type ClusterOverview,
  type IdentityStatus,
} from 'backstage-plugin-eks-pod-identity-common';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { toProblem, type Problem } from '../../hooks/problems';
import { TAB_PATH } from '../../hooks/useLinks';
import { podIdentityTranslationRef } from '../../translation';
import { ProblemState } from '../IdentityCard/states';
import { relativeTime } from '../IdentityCard/when';
import { StatusBadge } from '../StatusBadge';
import { toCsv } from './csv';
import styles from './Fleet.module.css';

type Row = AssociationRow & { id: string };

const PAGE_SIZE = 50;
/** Rows a download takes at most; the page says so when there are more. */
const CSV_LIMIT = 5000;

const roleName = (arn: string | undefined) => arn?.split('/').pop() ?? '–';

/** Filters live in the URL, so that a view can be shared. */
function useFilters() {
  const [params, setParams] = useAppSearchParams();
  const filters: AssociationQuery = useMemo(
    () => ({
      cluster: params.get('cluster') ?? undefined,
      status: (params.get('status') as IdentityStatus | null) ?? undefined,
      orphan: params.get('orphan') === 'true' || undefined,
      drift: params.get('drift') === 'true' || undefined,
      q: params.get('q') ?? undefined,
    }),
    [params],
  );
  const change = useCallback(
    (values: Record<string, string | undefined>) => {
      const next = new URLSearchParams(params);
      for (const [key, value] of Object.entries(values)) {
        if (value) next.set(key, value);
        else next.delete(key);
      }
      setParams(next);
    },
    [params, setParams],
  );
  return { filters, change };
}

function download(text: string) {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'aws-identities.csv';
  link.click();
  URL.revokeObjectURL(url);
}

/** Every association the reader may see; counts are the filters. @public */
export function AssociationsPage() {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const api = useApi(podIdentityApiRef);
  const entityRoute = useRouteRef(entityRouteRef);
  const { filters, change } = useFilters();
  const [page, setPage] = useState<AssociationPage>();
  const [problem, setProblem] = useState<Problem>();
  const [clusters, setClusters] = useState<ClusterOverview[]>([]);

  useEffect(() => {
    const controller = new AbortController();
    api.listClusters({ signal: controller.signal }).then(
      items => setClusters(items),
      // The filter is a convenience; the table itself tells what is wrong.
      () => setClusters([]),
    );
    return () => controller.abort();
  }, [api]);

  const { tableProps, reload } = useTable<Row, AssociationQuery>({
    mode: 'cursor',
    filter: filters,
    paginationOptions: { pageSize: PAGE_SIZE },
    getData: async ({ cursor, pageSize, signal }) => {
      try {
        const answer = await api.listAssociations(
          { ...filters, cursor, limit: pageSize },
          { signal },
        );
        setPage(answer);
        setProblem(undefined);
        return {
          data: answer.items.map(item => ({
            ...item,
            id: `${stringifyServiceAccountRef(item.ref)}#${
              item.associationId ?? ''
            }`,
          })),
          nextCursor: answer.nextCursor,
          totalCount: answer.totalItems,
        };
      } catch (error) {
        if (!signal.aborted) setProblem(toProblem(error));
        throw error;
      }
    },
  });

  const columns: ColumnConfig<Row>[] = [
    {
      id: 'status',
      label: t('fleet.status'),
      cell: row => (
        <Cell>
          <StatusBadge status={row.status} />
        </Cell>
      ),
    },
    {
      id: 'serviceAccount',
      label: t('fleet.serviceAccount'),
      isRowHeader: true,
      cell: row => (
        <CellText
          title={`${row.ref.namespace}/${row.ref.serviceAccount}`}
          description={row.clusterTitle}
        />
      ),
    },
    {
      id: 'component',
      label: t('fleet.component'),
      cell: row => {
        if (!row.entityRef) return <CellText title="–" />;
        const { kind, namespace, name } = parseEntityRef(row.entityRef);
        const href = entityRoute?.({
          kind: kind.toLocaleLowerCase('en-US'),
          namespace,
          name,
        });
        return (
          <CellText
            title={row.entityTitle ?? name}
            href={href && `${href}/${TAB_PATH}`}
          />
        );
      },
    },
    {
      id: 'role',
      label: t('fleet.role'),
      cell: row => <CellText title={roleName(row.roleArn)} />,
    },
    {
      id: 'owner',
      label: t('fleet.owner'),
      cell: row => (
        <CellText
          title={t(
            {
              portal: 'fleet.ownerPortal',
              addon: 'fleet.ownerAddon',
              external: 'fleet.ownerExternal',
            }[row.owner] as 'fleet.ownerPortal',
          )}
        />
      ),
    },
    {
      id: 'look',
      label: t('fleet.lastLook'),
      cell: row => (
        <CellText
          title={row.lookedAt ? relativeTime(row.lookedAt) : t('card.never')}
          description={row.stale ? t('status.stale') : undefined}
        />
      ),
    },
  ];

  const saveCsv = async () => {
    const rows: AssociationRow[] = [];
    let cursor: string | undefined;
    do {
      const answer = await api.listAssociations({
        ...filters,
        cursor,
        limit: 200,
      });
      rows.push(...answer.items);
      cursor = answer.nextCursor;
    } while (cursor && rows.length < CSV_LIMIT);
    download(toCsv(rows));
  };

  if (problem && !page) {
    return (
      <Container>
        <ProblemState problem={problem} onRetry={reload} />
      </Container>
    );
  }

  const selected = [
    filters.status ??
      (filters.orphan && 'orphan') ??
      (filters.drift && 'drift') ??
      'all',
  ].filter(Boolean) as string[];
  const total = Object.values(page?.counts ?? {}).reduce((a, b) => a + b, 0);
  const chips: [string, string, number][] = [
    ['all', t('fleet.all'), total],
    ...IDENTITY_STATUS_ORDER.filter(
      status => page?.counts[status] || filters.status === status,
    ).map(
      status =>
        [status, t(`status.${status}`), page?.counts[status] ?? 0] as [
          string,
          string,
          number,
        ],
    ),
    ['orphan', t('fleet.orphans'), page?.orphans ?? 0],
    ['drift', t('fleet.drifted'), page?.drifted ?? 0],
  ];
  const choose = (key: string) =>
    change({
      status: ['all', 'orphan', 'drift'].includes(key) ? undefined : key,
      orphan: key === 'orphan' ? 'true' : undefined,
      drift: key === 'drift' ? 'true' : undefined,
    });

  return (
    <Container>
      <Flex direction="column" gap="4">
        <div className={styles.filters}>
          <SearchField
            aria-label={t('fleet.search')}
            placeholder={t('fleet.search')}
            defaultValue={filters.q}
            onSubmit={value => change({ q: value })}
            onClear={() => change({ q: undefined })}
          />
          <Select
            aria-label={t('fleet.cluster')}
            options={[
              { value: '', label: t('fleet.allClusters') },
              ...clusters.map(cluster => ({
                value: cluster.id,
                label: cluster.title,
              })),
            ]}
            value={filters.cluster ?? ''}
            onChange={value => change({ cluster: String(value ?? '') })}
          />
          <Button variant="secondary" onPress={saveCsv}>
            {t('fleet.download')}
          </Button>
        </div>
        <ToggleButtonGroup
          aria-label={t('fleet.status')}
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={selected}
          onSelectionChange={keys => choose(String([...keys][0] ?? 'all'))}
          className={styles.chips}
        >
          {chips.map(([key, label, count]) => (
            <ToggleButton key={key} id={key}>
              {label} {count}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
        <Table
          {...tableProps}
          columnConfig={columns}
          emptyState={
            <Text color="secondary">
              {total === 0 ? t('fleet.nothing') : t('fleet.noMatch')}
            </Text>
          }
        />
      </Flex>
    </Container>
  );
}
