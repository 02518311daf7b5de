import { SearchField, Select } from '@backstage/ui';
import type { ClusterOverview } from 'backstage-plugin-eks-pod-identity-common';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useTexts } from '../../hooks/useTexts';
import styles from './Fleet.module.css';

/** A pause in typing this long starts the search. */
const TYPING_MS = 400;

/** A search field that follows typing, and the address when the user goes back. */
function Search({
  value = '',
  label,
  onChange,
}: {
  value: string | undefined;
  label: string;
  onChange: FilterBarProps['onChange'];
}) {
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
      aria-label={label}
      placeholder={label}
      value={text}
      onChange={setText}
      onSubmit={search}
      onClear={() => search('')}
    />
  );
}

interface FilterBarProps {
  filters: { cluster?: string; ownedBy?: string; q?: string };
  /** What the search looks into. */
  searchLabel: string;
  clusters: Pick<ClusterOverview, 'id' | 'title'>[];
  /** Groups and users that own components. */
  owners: { value: string; label: string }[];
  onChange: (
    values: { cluster?: string; ownedBy?: string; q?: string },
    options?: { replace?: boolean },
  ) => void;
  /** Further filters. */
  children: ReactNode;
}

/** A filter of one value of several, or of any. */
export function Choice({
  label,
  any,
  options,
  value,
  searchable,
  onChange,
}: {
  label: string;
  /** Where none is chosen. */
  any: string;
  options: { value: string; label: string }[];
  value: string | undefined;
  searchable?: boolean;
  onChange: (value: string | undefined) => void;
}) {
  return (
    <Select
      aria-label={label}
      searchable={searchable}
      options={[{ value: 'all', label: any }, ...options]}
      value={value ?? 'all'}
      onChange={chosen =>
        onChange(chosen === 'all' ? undefined : String(chosen))
      }
    />
  );
}

/** Search, cluster, owner, and what the list has beside them. */
export function FilterBar({
  filters,
  searchLabel,
  clusters,
  owners,
  onChange,
  children,
}: FilterBarProps) {
  const { t } = useTexts();
  const { cluster, ownedBy } = filters;
  const known =
    !cluster || clusters.some(each => each.id === cluster)
      ? clusters
      : // A link may name a cluster that does not exist (any more)
        [...clusters, { id: cluster, title: cluster }];
  return (
    <div className={styles.filters}>
      <Search value={filters.q} label={searchLabel} onChange={onChange} />
      <Choice
        label={t('fleet.cluster')}
        any={t('fleet.allClusters')}
        options={known.map(({ id, title }) => ({ value: id, label: title }))}
        value={cluster}
        onChange={value => onChange({ cluster: value })}
      />
      <Choice
        label={t('fleet.owner')}
        any={t('fleet.anyOwner')}
        searchable
        options={owners}
        value={ownedBy}
        onChange={value => onChange({ ownedBy: value })}
      />
      {children}
    </div>
  );
}
