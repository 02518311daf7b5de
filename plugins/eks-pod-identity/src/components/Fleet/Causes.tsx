import { Button, Skeleton, Text } from '@backstage/ui';
import {
  capitalised,
  type AssociationCause,
  type AssociationQuery,
} from 'backstage-plugin-eks-pod-identity-common';
import { useTexts } from '../../hooks/useTexts';
import { ProblemNotice } from '../Notice';
import { Sentence } from '../Sentence';
import { StatusBadge } from '../StatusBadge';
import { AccountLink, Component, Finding } from './AssociationCells';
import styles from './Causes.module.css';
import { Quiet } from './EntityCells';
import { idOf, useCauses, useRowsOfCause } from './useCauses';

/** Nothing is wrong with these. */
const WITHOUT_CAUSE: readonly string[] = [
  'verified',
  'looks-right',
  'no-workload',
  'rolling-out',
];

/** What all have in common: their sentence, or what a check found not to be so. */
function useWhat(one: AssociationCause) {
  const { t } = useTexts();
  const { title, sentence, isSame, cause, status } = one;
  if (isSame) return capitalised(sentence);
  // What could not be checked is not known to be wrong
  if (title && status !== 'could-not-check') {
    return t('fleet.notSo', { title });
  }
  // Of a check that the portal knows no title of, of none, or of a row that was looked at before causes were kept
  return cause === 'none' && WITHOUT_CAUSE.includes(status)
    ? t('fleet.noFinding')
    : t('fleet.suchAs', { sentence: capitalised(sentence) });
}

function Cause({
  cause,
  filters,
}: {
  cause: AssociationCause;
  filters: AssociationQuery;
}) {
  const { t } = useTexts();
  const what = useWhat(cause);
  const { rows, isLoading, isLoaded, hasMore, problem, load } = useRowsOfCause(
    filters,
    cause,
  );
  return (
    <details
      className={styles.cause}
      data-status={cause.status}
      onToggle={({ currentTarget }) => {
        if (currentTarget.open && !isLoaded && !isLoading) load();
      }}
    >
      <summary>
        <span className={styles.head}>
          <span className={styles.status}>
            <StatusBadge status={cause.status} />
          </span>
          <Text weight="bold">{t('fleet.count', { count: cause.count })}</Text>
          <span className={styles.what}>
            <Sentence>{what}</Sentence>
          </span>
        </span>
      </summary>
      <ul className={styles.rows}>
        {rows.map(row => (
          <li key={idOf(row)}>
            <div>
              <AccountLink row={row} />
              <Quiet>{row.clusterTitle}</Quiet>
            </div>
            <div>
              <Component row={row} />
            </div>
            {!cause.isSame && (
              <div>
                <Finding row={row} />
              </div>
            )}
          </li>
        ))}
      </ul>
      {problem && (
        <ProblemNotice problem={problem} what="fleet" onRetry={load} />
      )}
      {isLoading && <Skeleton width="60%" height={16} />}
      {hasMore && !isLoading && !problem && (
        <Button size="small" variant="secondary" onPress={load}>
          {t('fleet.moreOfCause', {
            count: Math.min(25, cause.count - rows.length),
          })}
        </Button>
      )}
    </details>
  );
}

/** The fleet by cause: what 450 associations have in common is one line, which opens. */
export function Causes({ filters }: { filters: AssociationQuery }) {
  const { t } = useTexts();
  const { value, problem, reload } = useCauses(filters);
  if (problem) {
    return <ProblemNotice problem={problem} what="fleet" onRetry={reload} />;
  }
  if (!value) return <Skeleton width="100%" height={240} />;
  return (
    <section aria-label={t('fleet.byCause')} className={styles.causes}>
      {value.map(cause => (
        <Cause
          // Others have other rows
          key={`${cause.status} ${cause.cause} ${JSON.stringify(filters)}`}
          cause={cause}
          filters={filters}
        />
      ))}
    </section>
  );
}
