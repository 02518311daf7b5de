import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { SearchField, Select } from '@backstage/ui';
import type {
  AssociationQuery,
  ClusterOverview,
} from 'backstage-plugin-eks-pod-identity-common';
import { useEffect, useRef, useState } from 'react';
import { podIdentityTranslationRef } from '../../translation';
import styles from './Fleet.module.css';
import type { FilterChange } from './useFilters';

/** Typing is over after so long. */
const TYPING_MS = 400;

/** A search that follows the typing, and the address when somebody goes back. */
function Search({
  value = '',
  onChange,
}: {
  value: string | undefined;
  onChange: FilterBarProps['onChange'];
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const [text, setText] = useState(value);
  const asked = useRef(value);
  useEffect(() => {
    if (value === asked.current) return;
    asked.current = value;
    setText(value);
  }, [value]);
  const ask = (q: string) => {
    const next = q.trim();
    if (next === asked.current) return;
    // The first letter is a step to go back over, the others are not.
    const replace = asked.current !== '' && next !== '';
    asked.current = next;
    onChange({ q: next || undefined }, { replace });
  };
  const askNow = useRef(ask);
  askNow.current = ask;
  useEffect(() => {
    const timer = setTimeout(() => askNow.current(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <SearchField
      aria-label={t('fleet.search')}
      placeholder={t('fleet.search')}
      value={text}
      onChange={setText}
      onSubmit={ask}
      onClear={() => ask('')}
    />
  );
}

interface FilterBarProps {
  filters: AssociationQuery;
  clusters: ClusterOverview[];
  onChange: (values: FilterChange, options?: { replace?: boolean }) => void;
}

/** Search, cluster and owner. */
export function FilterBar({ filters, clusters, onChange }: FilterBarProps) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const { cluster } = filters;
  const known =
    !cluster || clusters.some(each => each.id === cluster)
      ? clusters
      : // A link may name a cluster that is not there (any more)
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
        options={[
          { value: 'all', label: t('fleet.allOwners') },
          { value: 'portal', label: t('managedBy.portal') },
          { value: 'addon', label: t('managedBy.addon') },
          { value: 'external', label: t('managedBy.external') },
        ]}
        value={filters.owner ?? 'all'}
        onChange={value =>
          onChange({ owner: value === 'all' ? undefined : String(value) })
        }
      />
    </div>
  );
}
