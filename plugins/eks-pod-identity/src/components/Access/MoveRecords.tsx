import { useApi, useRouteRef } from '@backstage/frontend-plugin-api';
import { Button, Link, Skeleton, Text } from '@backstage/ui';
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
import { useTexts } from '../../hooks/useTexts';

/** What is to be done next. How a move stood is known for as long as its operation is kept. */
function toDoOf({ irsa, move }: MoveRecord) {
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
      {(ownStatement || irsa) && <li>{t(`moveToDo.${toDoOf(record)}`)}</li>}
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
      <div role="alert">
        <Text as="p">
          {t('moveRecords.problem')}{' '}
          {problem.kind === 'error' && problem.message}
        </Text>
        <Button size="small" variant="secondary" onPress={reload}>
          {t('card.retry')}
        </Button>
      </div>
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

/** What of moves stands in trust policies, and what is to be done; folded, and there only for administrators. */
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
