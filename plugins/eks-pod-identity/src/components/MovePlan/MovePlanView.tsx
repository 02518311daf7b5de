import { useApi } from '@backstage/frontend-plugin-api';
import { Button, Skeleton, Text } from '@backstage/ui';
import {
  type AccessItem,
  type AccessRow,
  mayMove,
  type MoveBack,
  type MovePlan,
  type MoveStage,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { useId, useState } from 'react';
import { podIdentityApiRef } from '../../api';
import { useRequest } from '../../hooks/useRequest';
import { useTexts } from '../../hooks/useTexts';
import { Snippet } from '../Fix/Snippet';
import { MoveActions, type MoveStands } from '../Moving';
import { Sentence } from '../Sentence';
import { relativeTime } from '../when';
import styles from './MovePlan.module.css';

type Row = AccessRow & Pick<AccessItem, 'planWithheld' | 'withheld'>;

const mayPlan = (row: Row) =>
  mayMove(row) &&
  !row.planWithheld &&
  !row.withheld &&
  row.role &&
  !row.role.withheld;

function Notes({ notes }: { notes: string[] }) {
  return (
    <ul className={styles.notes}>
      {notes.map(note => (
        <li key={note}>
          <Sentence>{note}</Sentence>
        </li>
      ))}
    </ul>
  );
}

/** The next one is open; what is done, and what comes later, opens on a click. */
function Stage({ stage, isNext }: { stage: MoveStage; isNext: boolean }) {
  const { t } = useTexts();
  const { title, state, notes, commands, statements, until } = stage;
  return (
    <li className={styles.stage} data-state={isNext ? 'next' : state}>
      <details open={isNext}>
        <summary>
          <span className={styles.title}>{title}</span>
          <span className={styles.state}>
            {t(isNext ? 'movePlan.next' : `movePlan.${state}`)}
          </span>
        </summary>
        <Notes notes={notes} />
        {commands && (
          <Snippet
            text={commands}
            label={t('movePlan.commandsOf', { title })}
          />
        )}
        {statements && (
          <Snippet
            text={JSON.stringify(statements, null, 2)}
            label={t('movePlan.statementsOf', { title })}
          />
        )}
        {until && (
          <Text as="p" variant="body-small">
            {t('movePlan.until', { until })}
          </Text>
        )}
      </details>
    </li>
  );
}

function WayBack({ back }: { back: MoveBack }) {
  const { t } = useTexts();
  const { possible, notes, before, commands, again } = back;
  const title = t(possible ? 'movePlan.back' : 'movePlan.noBack');
  const parts: [string | undefined, string][] = [
    [before, t('movePlan.backBefore')],
    [commands, before ? t('movePlan.backThen') : title],
    [again, t('movePlan.backAgain')],
  ];
  return (
    <details className={styles.back}>
      <summary>{title}</summary>
      <Notes notes={notes} />
      {parts.map(
        ([text, label]) =>
          text && (
            <div key={label} className={styles.part}>
              {label !== title && <Text variant="body-small">{label}</Text>}
              <Snippet text={text} label={label} />
            </div>
          ),
      )}
    </details>
  );
}

function Plan({
  plan: { before, stages, back, sentence, at },
}: {
  plan: MovePlan;
}) {
  const { t } = useTexts();
  const next = stages.find(({ state }) => state === 'to-do');
  return (
    <>
      {stages.length === 0 && (
        <Text as="p" variant="body-small">
          {t('movePlan.none')} <Sentence>{sentence}</Sentence>
        </Text>
      )}
      {before && (
        <div className={styles.part}>
          <Notes notes={before.notes} />
          {before.commands && (
            <Snippet text={before.commands} label={t('movePlan.before')} />
          )}
        </div>
      )}
      <ol className={styles.stages}>
        {stages.map(stage => (
          <Stage key={stage.id} stage={stage} isNext={stage === next} />
        ))}
      </ol>
      {back && <WayBack back={back} />}
      <Text as="p" variant="body-small" color="secondary">
        {t('movePlan.readAt', { when: relativeTime(at) })}
      </Text>
    </>
  );
}

/** Nothing is to be moved, and a statement of a move is left in the trust policy. Half-way back there is more to take back. */
const isLeftAlone = ({ back, ownStatement, stages }: MovePlan) =>
  stages.length === 0 && !back && ownStatement === 'added';

const offeredOf = (plan: MovePlan) => ({
  ...plan.can,
  ...(plan.byHand || isLeftAlone(plan) ? { migrate: false } : {}),
});

/** What of a plan decides how the portal goes on with it. */
function standsOf({
  back,
  irsa,
  ownStatement,
  role,
  stages,
}: MovePlan): MoveStands {
  const isDone = (id: MoveStage['id']) =>
    stages.some(stage => stage.id === id && stage.state === 'done');
  return {
    hasBegun: isDone('association'),
    isLeft: stages.length > 0 && !isDone('restart'),
    ownStatement,
    irsa,
    roleName: role?.arn.split('/').at(-1),
    ...(back?.possible ? {} : { noWayBack: back?.notes ?? [] }),
    noWayBackOnceMoved: back?.onceMoved,
  };
}

function Loaded({
  row,
  entityRef,
  isMoving,
}: {
  row: Row;
  entityRef?: string;
  isMoving: boolean;
}) {
  const { t } = useTexts();
  const api = useApi(podIdentityApiRef);
  const { value, problem, loading, reload } = useRequest(
    stringifyServiceAccountRef(row.ref),
    signal => api.planMove(row.ref, { signal }),
  );
  if (!value && loading) {
    return (
      <div role="status" aria-label={t('movePlan.loading')}>
        <Skeleton width="100%" height={120} />
      </div>
    );
  }
  return (
    <>
      {problem && (
        <Text as="p" role="alert">
          {problem.kind === 'error'
            ? problem.message
            : t(
                problem.kind === 'forbidden'
                  ? 'movePlan.forbidden'
                  : 'movePlan.problem',
              )}
        </Text>
      )}
      {value?.can && (value.stages.length > 0 || isLeftAlone(value)) && (
        <MoveActions
          of={row.ref}
          entityRef={entityRef}
          can={isMoving ? {} : offeredOf(value)}
          stands={standsOf(value)}
          onEnded={reload}
        />
      )}
      {value && <Plan plan={value} />}
      <Button
        size="small"
        variant="secondary"
        onPress={reload}
        isDisabled={loading}
      >
        {t('movePlan.reload')}
      </Button>
    </>
  );
}

/** How a service account moves from IRSA to Pod Identity, read from its cluster when a person asks for it. */
export function MovePlanView({
  row,
  entityRef,
  isShort = false,
  isMoving = false,
}: {
  row: Row;
  /** Component for which the portal moves it. */
  entityRef?: string;
  /** A button alone until it is asked for. */
  isShort?: boolean;
  /** A move of it is open, whose buttons stand elsewhere. */
  isMoving?: boolean;
}) {
  const { t } = useTexts();
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  if (!mayPlan(row)) return null;
  const button = (
    <Button size="small" variant="secondary" onPress={() => setOpen(true)}>
      {t('movePlan.open')}
    </Button>
  );
  if (isShort && !isOpen) return <div>{button}</div>;
  return (
    <section className={styles.plan} aria-labelledby={id}>
      <h4 id={id}>{t('movePlan.title')}</h4>
      {isOpen ? (
        <Loaded row={row} entityRef={entityRef} isMoving={isMoving} />
      ) : (
        <>
          <Text as="p" variant="body-small" color="secondary">
            {t('movePlan.about')}
          </Text>
          {button}
        </>
      )}
    </section>
  );
}
