import { Button, Text } from '@backstage/ui';
import type {
  MigrateInput,
  MoveBack,
  MovePlan,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { useOperation } from '../../hooks/useOperation';
import { useTexts } from '../../hooks/useTexts';
import { MoveDialog } from './MoveDialog';
import { MoveProgressView } from './MoveProgressView';
import styles from './Moving.module.css';

/** How a move stands, as far as it decides what may be done. */
export interface MoveStands {
  /** It has an association: new pods are on Pod Identity. */
  hasBegun: boolean;
  /** Pods are still on IRSA. */
  isLeft: boolean;
  /** Why there is no way back without refused requests, where there is none. */
  noWayBack?: MoveBack['notes'];
  /** The same, once its move has gone on. */
  noWayBackOnceMoved?: MoveBack['onceMoved'];
  /** The portal adds a statement to the trust policy of the role, or has. */
  ownStatement?: MovePlan['ownStatement'];
  /** The portal can take IRSA out of the role, or has. */
  irsa?: MovePlan['irsa'];
  /** Its name, where the portal can. */
  roleName?: string;
  toConfirm?: string[];
  /** What was confirmed before. */
  confirmed?: string[];
  /** The user has accepted that there is no way back. */
  isAccepted?: boolean;
}

/** Has the portal do the next of a move, or take it back. Nothing is done before a person has read what. */
export function MoveActions({
  of,
  entityRef,
  can,
  stands: {
    hasBegun,
    isLeft,
    noWayBack,
    noWayBackOnceMoved = noWayBack,
    ownStatement,
    irsa,
    roleName = '',
    toConfirm = [],
    confirmed = [],
    isAccepted = false,
  },
  isOpenMove = false,
  onEnded,
}: {
  of: ServiceAccountRef;
  entityRef?: string;
  can: { migrate?: boolean; rollback?: boolean };
  stands: MoveStands;
  /** It stands beside the words that say what the move waits for. */
  isOpenMove?: boolean;
  onEnded: () => void;
}) {
  const { t } = useTexts();
  const { progress, start } = useOperation(onEnded);
  const target = {
    clusterName: of.cluster,
    namespace: of.namespace,
    serviceAccount: of.serviceAccount,
    entityRef,
  };
  const migrate = (more: Partial<MigrateInput> = {}) =>
    start({ kind: 'migrate', input: { ...target, ...more } });
  const moved =
    progress.result?.kind === 'migrate' ? progress.result : undefined;
  const waiting = moved?.toConfirm ?? toConfirm;
  const all = [...(moved?.confirmed ?? confirmed), ...waiting];
  const isConfirmation = waiting.length > 0;
  const back = noWayBackOnceMoved
    ? [...noWayBackOnceMoved, t('moving.acceptNoWayBack')]
    : [t('moving.goesBack')];
  const adds = ownStatement === 'to-add' ? [t('moving.addsStatement')] : [];
  const hasButtons = can.migrate || can.rollback;
  const next = hasBegun ? 'moving.goOn' : 'moving.move';
  const move = () =>
    migrate({
      until: 'moved',
      ...(all.length ? { confirmed: all } : {}),
      ...(noWayBackOnceMoved || isAccepted ? { acceptNoWayBack: true } : {}),
    });
  const goOn = {
    label: t(isConfirmation ? 'moving.confirm' : next),
    title: t(isConfirmation ? 'moving.confirmTitle' : 'moving.moveTitle'),
    says: isConfirmation
      ? [t('moving.confirms', { workloads: waiting.join(', ') })]
      : [
          ...adds,
          ...(hasBegun ? [] : [t('moving.newPods')]),
          t('moving.restarts'),
          ...back,
        ],
  };
  return (
    <div className={styles.actions}>
      {hasButtons && !isOpenMove && (
        <Text as="p" variant="body-small">
          {t('moving.offer')}
        </Text>
      )}
      <div className={styles.buttons}>
        {can.migrate && !hasBegun && adds.length > 0 && (
          <MoveDialog
            label={t('moving.rehearse')}
            title={t('moving.rehearseTitle')}
            says={[t('moving.rehearses'), ...adds]}
            isDisabled={progress.running}
            onConfirm={() => migrate()}
          />
        )}
        {can.migrate && !hasBegun && adds.length === 0 && (
          <Button
            size="small"
            variant="secondary"
            isDisabled={progress.running}
            onPress={() => migrate()}
          >
            {t('moving.rehearse')}
          </Button>
        )}
        {can.migrate && (isLeft || isConfirmation) && (
          <MoveDialog
            {...goOn}
            isPrimary
            isDisabled={progress.running}
            onConfirm={move}
          />
        )}
        {can.rollback && !hasBegun && ownStatement === 'added' && (
          <MoveDialog
            label={t('moving.rollBack')}
            title={t('moving.takeOutTitle')}
            says={[t('moving.takesOut')]}
            isDisabled={progress.running}
            onConfirm={() => start({ kind: 'rollback', input: target })}
          />
        )}
        {can.migrate && irsa === 'to-take-out' && (
          <MoveDialog
            label={t('moving.finish')}
            title={t('moving.finish')}
            says={[
              t('moving.takesIrsaOut', { role: roleName }),
              t('moving.endsIrsa'),
            ]}
            isDisabled={progress.running}
            onConfirm={() => migrate({ until: 'finished' })}
          />
        )}
        {can.rollback && hasBegun && (!noWayBack || irsa === 'taken-out') && (
          <MoveDialog
            label={t('moving.rollBack')}
            title={t('moving.rollBackTitle')}
            says={[
              ...(irsa === 'taken-out' ? [t('moving.putsIrsaBack')] : []),
              t('moving.rollsBack'),
            ]}
            isDisabled={progress.running}
            onConfirm={() => start({ kind: 'rollback', input: target })}
          />
        )}
      </div>
      <MoveProgressView progress={progress} />
    </div>
  );
}
