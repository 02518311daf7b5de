import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { SearchField, Select } from '@backstage/ui';
import type {
  AssociationQuery,
  ClusterOverview,
} from 'backstage-plugin-eks-pod-identity-common';
import { useEffect, useRef, useState } from 'react';
import { podIdentityTranslationRef } from '../../translation';
import styles from './Fleet.module.css';
import type { ChangeFilters } from './useFilters';

/** A pause in typing this long starts the search. */
const TYPING_MS = 400;

/** A search field that follows typing, and the address when the user goes back. */
function Search({
  value = '',
  onChange,
}: {
  value: string | undefined;
  onChange: FilterBarProps['onChange'];
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const [text, setText] = useState(value);
  const searched = useRef(value);
  useEffect(() => {
    if (value === searched.current) return;
    searched.current = value;
    setText(value);
  }, [value]);
  const search = (q: string) => {
    const next = q.trim();
    if (next === searched.current) return;
    // Only the start of a search adds a step to the browser history
    const replace = searched.current !== '' && next !== '';
    searched.current = next;
    onChange({ q: next || undefined }, { replace });
  };
  const latestSearch = useRef(search);
  latestSearch.current = search;
  useEffect(() => {
    const timer = setTimeout(() => latestSearch.current(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <SearchField
      aria-label={t('fleet.search')}
      placeholder={t('fleet.search')}
      value={text}
      onChange={setText}
      onSubmit={search}
      onClear={() => search('')}
    />
  );
}

interface FilterBarProps {
  filters: AssociationQuery;
  clusters: ClusterOverview[];
  /** Groups and users that own components. */
  owners: { value: string; label: string }[];
  onChange: ChangeFilters;
}

/** Search, cluster, owner, and who manages it. */
export function FilterBar({
  filters,
  clusters,
  owners,
  onChange,
}: FilterBarProps) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const { cluster } = filters;
  const known =
    !cluster || clusters.some(each => each.id === cluster)
      ? clusters
      : // A link may name a cluster that does not exist (any more)
        [...clusters, { id: cluster, title: cluster }];
  return (
    <div className={styles.filters}>
      <Search value={filters.q} onChange={onChange} />
      <Select
        aria-label={t('fleet.cluster')}
        options={[
          { value: 'all', label: t('fleet.allClusters') },
          ...known.map(({ id, title }) => ({ value: id, label: title })),
        ]}
        value={cluster ?? 'all'}
        onChange={value =>
          onChange({ cluster: value === 'all' ? undefined : String(value) })
        }
      />
      <Select
        aria-label={t('fleet.owner')}
        searchable
        options={[{ value: 'all', label: t('fleet.anyOwner') }, ...owners]}
        value={filters.ownedBy ?? 'all'}
        onChange={value =>
          onChange({ ownedBy: value === 'all' ? undefined : String(value) })
        }
      />
      <Select
        aria-label={t('fleet.managedBy')}
        options={[
          { value: 'all', label: t('fleet.managedAnywhere') },
          { value: 'portal', label: t('managedBy.portal') },
          { value: 'addon', label: t('managedBy.addon') },
          { value: 'external', label: t('managedBy.external') },
        ]}
        value={filters.owner ?? 'all'}
        onChange={value =>
          onChange({ owner: value === 'all' ? undefined : String(value) })
        }
      />
      <Select
        aria-label={t('fleet.lastUsed')}
        options={[
          { value: 'all', label: t('fleet.anyUse') },
          { value: 'unused', label: t('fleet.useUnused') },
          { value: 'irsa', label: t('fleet.useIrsa') },
          { value: 'denied', label: t('fleet.useDenied') },
        ]}
        value={filters.use ?? 'all'}
        onChange={value =>
          onChange({ use: value === 'all' ? undefined : String(value) })
        }
      />
    </div>
  );
}
