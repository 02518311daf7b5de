import { useApi } from '@backstage/frontend-plugin-api';
import {
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  DialogTrigger,
  Skeleton,
  Text,
} from '@backstage/ui';
import {
  type AccessQuery,
  MAX_QUEUED_MOVES,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { podIdentityApiRef } from '../../api';
import { useRequest } from '../../hooks/useRequest';
import { ProblemNotice } from '../Notice';
import styles from './Access.module.css';
import { QueueView } from './QueueView';
import { isOpenQueue, useMoveQueues } from './useMoveQueues';
import { useTexts } from '../../hooks/useTexts';

/** What narrows the rows, beside their verdict. */
type Filters = Pick<AccessQuery, 'cluster' | 'ownedBy' | 'q' | 'road'>;

/** What would be moved, in its order, and what that means; read before it is begun. */
function Confirm({
  query,
  team,
  onConfirm,
}: {
  query: Filters;
  team: string;
  onConfirm: (refs: ServiceAccountRef[]) => void;
}) {
  const { t } = useTexts();
  const api = useApi(podIdentityApiRef);
  const { value, problem, reload } = useRequest('ready', signal =>
    api.listAccess(
      {
        ...query,
        verdict: 'ready',
        sort: 'serviceAccount',
        limit: MAX_QUEUED_MOVES,
      },
      { signal },
    ),
  );
  const refs = value?.items.map(({ ref }) => ref) ?? [];
  return (
    <>
      <DialogHeader>{t('moveTeam.title', { team })}</DialogHeader>
      <DialogBody>
        <div className={styles.says}>
          {(['order', 'fails', 'alone'] as const).map(key => (
            <Text as="p" key={key} variant="body-medium">
              {t(`moveTeam.${key}`)}
            </Text>
          ))}
          {problem && (
            <ProblemNotice problem={problem} what="access" onRetry={reload} />
          )}
          {!value && !problem && <Skeleton width="100%" height={80} />}
          <ol className={styles.inOrder}>
            {value?.items.map(({ ref, entityTitle }) => (
              <li key={stringifyServiceAccountRef(ref)}>
                {stringifyServiceAccountRef(ref)}
                {entityTitle && ` · ${entityTitle}`}
              </li>
            ))}
          </ol>
          {value && value.totalItems > refs.length && (
            <Text as="p" variant="body-small" color="secondary">
              {t('moveTeam.first', {
                count: refs.length,
                total: value.totalItems.toLocaleString(),
              })}
            </Text>
          )}
        </div>
      </DialogBody>
      <DialogFooter>
        <Button variant="secondary" slot="close">
          {t('moving.cancel')}
        </Button>
        <Button
          variant="primary"
          slot="close"
          isDisabled={refs.length === 0}
          onPress={() => onConfirm(refs)}
        >
          {t('moveTeam.confirm', { count: refs.length })}
        </Button>
      </DialogFooter>
    </>
  );
}

/** Moves all that is ready of the chosen team, one after the other, for those who may; and how that goes. */
export function MoveTeam({
  filters: { cluster, ownedBy, q, road },
  team,
  ready,
  onMoved,
}: {
  filters: Filters;
  /** Title of the team. */
  team: string;
  /** How many are ready with these filters; undefined while that is loaded. */
  ready: number | undefined;
  onMoved: () => void;
}) {
  const { t } = useTexts();
  const { queues, failure, isBusy, problem, start, stop } =
    useMoveQueues(onMoved);
  const of = ownedBy?.toLocaleLowerCase('en-US');
  const queue = queues?.items.find(one => one.ownedBy === of);
  const isRunning = queue && isOpenQueue(queue);
  const isOffered = queues?.canStart && !isRunning && !!ownedBy && !!ready;
  if (!queue && !isOffered && !failure) return null;
  return (
    <section className={styles.moveTeam} aria-label={t('moveTeam.section')}>
      {isOffered && (
        <DialogTrigger>
          <Button size="small" variant="secondary" isPending={isBusy}>
            {t('moveTeam.button', { count: ready, team })}
          </Button>
          <Dialog width={560}>
            <Confirm
              query={{ cluster, ownedBy, q, road }}
              team={team}
              onConfirm={refs => start(ownedBy, refs)}
            />
          </Dialog>
        </DialogTrigger>
      )}
      {failure && (
        <Text as="p" role="alert" color="danger">
          {failure}
        </Text>
      )}
      {problem && (
        <Text as="p" role="alert" color="secondary">
          {t('moveTeam.unknown')}
        </Text>
      )}
      {queue && (
        <QueueView queue={queue} team={team} onStop={() => stop(queue.id)} />
      )}
    </section>
  );
}
