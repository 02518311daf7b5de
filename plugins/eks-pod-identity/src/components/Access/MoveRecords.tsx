import { useApi, useRouteRef } from '@backstage/frontend-plugin-api';
import { Link, Skeleton } from '@backstage/ui';
import {
  type MoveRecord,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { useRequest } from '../../hooks/useRequest';
import { accessRouteRef } from '../../routes';
import { EntityLink } from '../Fleet/EntityCells';
import { relativeTime } from '../when';
import styles from './Access.module.css';
import { Move } from './AccessDetails';
import { NotLoaded } from './NotLoaded';
import { useTexts } from '../../hooks/useTexts';

/** What to do next. How a move stands is known only while its operation is kept. */
function nextOf({ irsa, move }: MoveRecord) {
  if (!move) return irsa ? 'noneOfIrsa' : 'none';
  const { state } = move;
  return state === 'moving' || state === 'going-back' ? 'alone' : state;
}

function Left({ record }: { record: MoveRecord }) {
  const { t } = useTexts();
  const { irsa, ownStatement, roleArn } = record;
  const role = { role: roleArn.split('/').at(-1)! };
  return (
    <ul title={roleArn}>
      {ownStatement && <li>{t('moveRecords.added', role)}</li>}
      {irsa && <li>{t('moveRecords.takenOut', role)}</li>}
      {!ownStatement && !irsa && <li>{t('moveRecords.unknown', role)}</li>}
      {record.move && (
        <li>
          {t('accessDetails.move')}: <Move move={record.move} />
        </li>
      )}
      {(ownStatement || irsa) && <li>{t(`moveNext.${nextOf(record)}`)}</li>}
    </ul>
  );
}

function Records() {
  const { t } = useTexts();
  const api = useApi(podIdentityApiRef);
  const page = useRouteRef(accessRouteRef)?.();
  const { value, problem, reload } = useRequest('moves', signal =>
    api.listMoveRecords({ signal }),
  );
  if (problem) {
    return (
      <NotLoaded
        what={t('moveRecords.problem')}
        problem={problem}
        onRetry={reload}
      />
    );
  }
  if (!value) {
    return (
      <div role="status" aria-label={t('moveRecords.loading')}>
        <Skeleton width="100%" height={80} />
      </div>
    );
  }
  return (
    <>
      <p>{t('moveRecords.about')}</p>
      <ul>
        {value.items.map(record => {
          const { ownStatement, ref, roleArn, since } = record;
          const name = `${ref.namespace}/${ref.serviceAccount}`;
          const row = new URLSearchParams({ cluster: ref.cluster, q: name });
          return (
            <li key={`${stringifyServiceAccountRef(ref)} ${roleArn}`}>
              {page ? <Link href={`${page}?${row}`}>{name}</Link> : name}{' '}
              <span className={styles.quiet}>
                {[
                  ref.cluster,
                  t('accessDetails.account', { id: roleArn.split(':')[4] }),
                  since &&
                    t(
                      ownStatement
                        ? 'moveRecords.lastAdded'
                        : 'moveRecords.firstTakenOut',
                      { when: relativeTime(since) },
                    ),
                ]
                  .filter(Boolean)
                  .join(', ')}
              </span>
              {record.entityRef && <EntityLink row={record} />}
              <Left record={record} />
            </li>
          );
        })}
      </ul>
    </>
  );
}

/** What moves have left in trust policies, and what to do next; folded, and for administrators only. */
export function MoveRecords({ count }: { count: number | undefined }) {
  const { t } = useTexts();
  const [isOpen, setOpen] = useState(false);
  if (!count) return null;
  return (
    <details
      className={styles.nodes}
      onToggle={event => setOpen(event.currentTarget.open)}
    >
      <summary>
        {t('moveRecords.title')}
        <span className={styles.quiet}>
          {t('moveRecords.count', { count })}
        </span>
      </summary>
      {isOpen && <Records />}
    </details>
  );
}
