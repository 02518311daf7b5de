import { Alert, Button, Text } from '@backstage/ui';
import {
  type MoveQueue,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { Sentence } from '../Sentence';
import styles from './Access.module.css';
import { useTexts } from '../../hooks/useTexts';

/** How far a queue of moves is: what was moved, what moves now, what ended it. */
export function QueueView({
  queue: { state, moves, why },
  team,
  onStop,
}: {
  queue: MoveQueue;
  team: string;
  onStop: () => void;
}) {
  const { t } = useTexts();
  const isOver = state === 'ended';
  const done = moves.filter(move => move.state === 'moved').length;
  const figures = {
    done: done.toLocaleString(),
    total: moves.length.toLocaleString(),
    team,
  };
  const now = moves.find(move => move.state === 'moving');
  return (
    <>
      <div role="status" className={styles.queue}>
        <Text as="p" variant="body-medium" weight="bold">
          {t(isOver ? 'moveTeam.ended' : 'moveTeam.running', figures)}
        </Text>
        <span className={styles.track} aria-hidden="true">
          <span
            className={styles.done}
            style={{ width: `${(done / moves.length) * 100}%` }}
          />
        </span>
        {now && (
          <Text as="p" variant="body-small">
            {t('moveTeam.now', { name: stringifyServiceAccountRef(now.ref) })}
          </Text>
        )}
        {why && !isOver && (
          <Text as="p" variant="body-small">
            <Sentence>{why}</Sentence>
          </Text>
        )}
      </div>
      {why && isOver && <Alert status="warning" icon title={why} />}
      {!isOver && (
        <div>
          <Button
            size="small"
            variant="secondary"
            isDisabled={state === 'stopping'}
            onPress={onStop}
          >
            {t(state === 'stopping' ? 'moveTeam.stopping' : 'moveTeam.stop')}
          </Button>
        </div>
      )}
      <details className={styles.queued}>
        <summary>{t('moveTeam.each')}</summary>
        <ol>
          {moves.map(({ ref, state: each, message }) => (
            <li key={stringifyServiceAccountRef(ref)}>
              {stringifyServiceAccountRef(ref)}:{' '}
              {t(
                isOver && each === 'waiting'
                  ? 'moveTeam.notBegun'
                  : `moveTeam.state_${each}`,
              )}
              {message && (
                <>
                  {'. '}
                  <Sentence>{message}</Sentence>
                </>
              )}
            </li>
          ))}
        </ol>
      </details>
    </>
  );
}
