import { Button, Skeleton, Text, useBreakpoint } from '@backstage/ui';
import type {
  AccessProgress as Progress,
  AccessQuery,
  AccessShare,
} from 'backstage-plugin-eks-pod-identity-common';
import { useState } from 'react';
import type { Requested } from '../../hooks/useRequest';
import { relativeTime } from '../when';
import styles from './Access.module.css';
import { AccessDays } from './AccessDays';
import { AccessNotes } from './AccessNotes';
import { NotLoaded } from './NotLoaded';
import { useTexts } from '../../hooks/useTexts';

/** More are shown on request; on a narrow screen the list would come far below. */
const FIRST = { wide: 5, narrow: 2 };

interface NamedShare extends AccessShare {
  id: string;
  title: string;
  /** How fresh it is. */
  note?: string;
}

/** Where most is left comes first. */
const byWhatIsLeft = (one: NamedShare, other: NamedShare) =>
  other.total - other.byPodIdentity - (one.total - one.byPodIdentity) ||
  one.title.localeCompare(other.title);

function Bar({ byPodIdentity, total }: AccessShare) {
  return (
    <span className={styles.track} aria-hidden="true">
      <span
        className={styles.done}
        style={{ width: `${(byPodIdentity / Math.max(1, total)) * 100}%` }}
      />
    </span>
  );
}

/** Shares that act as a filter. */
function Shares({
  title,
  why,
  shares,
  chosen,
  onChoose,
}: {
  title: string;
  why?: string;
  shares: NamedShare[];
  chosen: string | undefined;
  onChoose: (id: string | undefined) => void;
}) {
  const { t } = useTexts();
  const { up } = useBreakpoint();
  const [all, setAll] = useState(false);
  if (shares.length === 0) return null;
  const first = up('sm') ? FIRST.wide : FIRST.narrow;
  const ordered = [...shares].sort(byWhatIsLeft);
  const shown = ordered.filter(
    ({ id }, index) => all || index < first || id === chosen,
  );
  return (
    <div className={styles.shares}>
      <h3 title={why}>{title}</h3>
      <ul>
        {shown.map(({ id, title: name, note, byPodIdentity, total }) => (
          <li key={id}>
            <button
              type="button"
              className={styles.share}
              aria-pressed={id === chosen}
              onClick={() => onChoose(id === chosen ? undefined : id)}
            >
              <span className={styles.name}>
                {name} {note && <span className={styles.quiet}>{note}</span>}
              </span>
              <span className={styles.figure}>
                {t('accessProgress.share', {
                  done: byPodIdentity.toLocaleString(),
                  total: total.toLocaleString(),
                })}
              </span>
              <Bar byPodIdentity={byPodIdentity} total={total} />
            </button>
          </li>
        ))}
      </ul>
      {shown.length < shares.length && (
        <Button size="small" variant="tertiary" onPress={() => setAll(true)}>
          {t('access.more', { count: shares.length - shown.length })}
        </Button>
      )}
    </div>
  );
}

/** How many service accounts go by Pod Identity: of all, by cluster, by team, and over time. */
export function AccessProgress({
  progress,
  filters,
  onChange,
}: {
  progress: Requested<Progress>;
  filters: AccessQuery;
  onChange: (values: { cluster?: string; ownedBy?: string }) => void;
}) {
  const { t } = useTexts();
  const { value, problem, loading, reload } = progress;
  if (problem) {
    return (
      <NotLoaded
        what={t('accessProgress.problem')}
        problem={problem}
        onRetry={reload}
      />
    );
  }
  if (!value) return <Skeleton width="100%" height={160} />;
  const { chosen, clusters, owners, days, notes } = value;
  const team = owners.find(({ entityRef }) => entityRef === filters.ownedBy);
  const sum = (key: keyof AccessShare) =>
    clusters.reduce((all, cluster) => all + cluster[key], 0);
  const { byPodIdentity: done, total } = chosen ?? {
    byPodIdentity: sum('byPodIdentity'),
    total: sum('total'),
  };
  const cluster = clusters.find(each => each.cluster === filters.cluster);
  const of = [team?.title ?? filters.ownedBy, cluster?.title]
    .filter(Boolean)
    .join(' · ');
  const noteOf = ({ lookedAt, usedSince }: Progress['clusters'][number]) =>
    lookedAt
      ? [
          t('accessProgress.lookedAt', { when: relativeTime(lookedAt) }),
          usedSince &&
            t('accessProgress.usedSince', { when: relativeTime(usedSince) }),
        ]
          .filter(Boolean)
          .join(' · ')
      : t('accessProgress.notLooked');
  return (
    <section className={styles.progress} aria-label={t('accessProgress.title')}>
      {loading ? (
        // The figures are still those of the former filters
        <Skeleton width="100%" height={160} />
      ) : (
        <div className={styles.whole}>
          {of && (
            <Text as="p" variant="body-small" color="secondary">
              {of}
            </Text>
          )}
          <Text as="h2" variant="title-x-small" weight="bold">
            {t('accessProgress.all', {
              count: total,
              done: done.toLocaleString(),
            })}
          </Text>
          <Bar byPodIdentity={done} total={total} />
          <AccessDays days={days} now={{ byPodIdentity: done, total }} />
        </div>
      )}
      <Shares
        title={t('accessProgress.byCluster')}
        shares={clusters.map(each => ({
          ...each,
          id: each.cluster,
          note: noteOf(each),
        }))}
        chosen={filters.cluster}
        onChoose={id => onChange({ cluster: id })}
      />
      <Shares
        title={t('accessProgress.byTeam')}
        why={t('accessProgress.byTeamWhy')}
        shares={owners.map(each => ({ ...each, id: each.entityRef }))}
        chosen={filters.ownedBy}
        onChoose={ownedBy => onChange({ ownedBy })}
      />
      {notes && (
        <AccessNotes notes={team ? team.notes ?? {} : notes} of={team?.title} />
      )}
    </section>
  );
}
