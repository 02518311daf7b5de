import { Text } from '@backstage/ui';
import type { Identity } from 'backstage-plugin-eks-pod-identity-common';
import { useTexts } from '../../hooks/useTexts';
import { relativeTime } from '../when';
import { MoveActions } from './MoveActions';
import styles from './Moving.module.css';

/** A move of it is open: the next is done from there. */
export const isMove = ({ change }: Identity) =>
  change?.kind === 'migrate' || change?.kind === 'rollback';

/** A move that is open stands beside the status: what it waits for, since when, and both ways on. */
export function Moving({
  identity: { can, change, ref },
  entityRef,
  onChanged,
}: {
  identity: Identity;
  entityRef?: string;
  onChanged: () => void;
}) {
  const { t } = useTexts();
  if (change?.kind !== 'migrate' && change?.kind !== 'rollback') return null;
  const { kind, state, toConfirm = [] } = change;
  const waits = toConfirm.length > 0 ? 'confirm' : 'go';
  return (
    <div className={styles.moving} data-testid="moving">
      <Text as="p" variant="body-medium">
        <strong>{t('moving.title')}</strong>{' '}
        {t(
          state === 'waiting'
            ? `moving.waits_${waits}`
            : `moving.${state}_${kind}`,
          {
            when: relativeTime(change.at),
            workloads: toConfirm.join(', '),
          },
        )}
      </Text>
      {state !== 'running' && (
        <MoveActions
          of={ref}
          entityRef={entityRef}
          can={can}
          isOpenMove
          stands={{
            // A broken off one may have made the association, which no page knows yet
            hasBegun: true,
            isLeft: true,
            toConfirm,
            confirmed: change.confirmed,
            isAccepted: change.noWayBack,
          }}
          onEnded={onChanged}
        />
      )}
    </div>
  );
}
