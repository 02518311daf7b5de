import { useRouteRef } from '@backstage/frontend-plugin-api';
import { Link, Text } from '@backstage/ui';
import {
  stringifyServiceAccountRef,
  type AccessItem,
  type AccessMove,
  type AccessProgram,
  type AccessRole,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ReactNode } from 'react';
import { associationsRouteRef } from '../../routes';
import { FixBlock } from '../Fix';
import { MovePlanView } from '../MovePlan';
import { Snippet } from '../Fix/Snippet';
import { Sentence } from '../Sentence';
import { relativeTime } from '../when';
import styles from './Access.module.css';
import { Missing } from '../AccessParts/Missing';
import { Role, Sharers } from '../AccessParts/RoleParts';
import { useTexts } from '../../hooks/useTexts';

function Part({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={styles.part}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Trust({ role: { exists, shapes, withheld } }: { role: AccessRole }) {
  const { t } = useTexts();
  if (exists === undefined || !shapes) return <Missing withheld={withheld} />;
  if (shapes.length === 0) return <p>{t('accessDetails.noStatement')}</p>;
  return (
    <ul>
      {shapes.map(shape => (
        <li key={shape}>{t(`accessShape.${shape}`)}</li>
      ))}
    </ul>
  );
}

function Program({ program }: { program: AccessProgram }) {
  const { t } = useTexts();
  const { name, version, age, minimum, lastAt } = program;
  const called = [name ?? t('accessDetails.programUnknown'), version];
  const judged = {
    works: undefined,
    'too-old': minimum
      ? `${t('accessDetails.tooOld')}, ${t('accessDetails.needs', {
          version: minimum,
        })}`
      : t('accessDetails.tooOld'),
    unknown: t('accessDetails.ageUnknown'),
  }[age];
  return (
    <li title={new Date(lastAt).toLocaleString()}>
      {[
        called.filter(Boolean).join(' '),
        judged,
        t('accessDetails.programAt', { when: relativeTime(lastAt) }),
      ]
        .filter(Boolean)
        .join(', ')}
    </li>
  );
}

function Workloads({ row: { workloads, pods, compute } }: { row: AccessItem }) {
  const { t } = useTexts();
  if (workloads.length === 0 && pods === 0) {
    return <p>{t('accessDetails.runsNothing')}</p>;
  }
  return (
    <>
      <ul>
        {workloads.map(name => (
          <li key={name}>{name}</li>
        ))}
      </ul>
      <p>
        {compute.length > 0
          ? t('accessDetails.podsOn', {
              count: pods,
              compute: compute.join(', '),
            })
          : t('accessDetails.pods', { count: pods })}
      </p>
    </>
  );
}

/** Where its move by the portal stands. */
export function Move({ move: { state, stage, since } }: { move: AccessMove }) {
  const { t } = useTexts();
  return (
    <p title={new Date(since).toLocaleString()}>
      {[
        t(`accessMove.${state}`),
        ...(stage ? [t(`accessStage.${stage}`)] : []),
        t('accessDetails.moveSince', { when: relativeTime(since) }),
      ].join(', ')}
    </p>
  );
}

/** What opens under a row. */
export function AccessDetails({ row }: { row: AccessItem }) {
  const { t } = useTexts();
  const associations = useRouteRef(associationsRouteRef)?.();
  const { ref, roads, role, statement, withheld, programs, refusedAt } = row;
  const { findings = [] } = row;
  const reasons = [...row.reasons, ...(role?.trustReasons ?? [])];
  const identity = new URLSearchParams({
    identity: stringifyServiceAccountRef(ref),
  });
  return (
    <div className={styles.details}>
      {reasons.length > 0 && (
        <ul className={styles.reasons}>
          {reasons.map(text => (
            <li key={text}>
              <Sentence>{text}</Sentence>
            </li>
          ))}
        </ul>
      )}
      {findings.map(({ kind, fix }) => (
        <FixBlock key={kind} fix={fix} />
      ))}
      {statement && (
        <>
          <Text as="p">{t('accessDetails.takesStatement')}</Text>
          <Snippet
            text={JSON.stringify(statement, undefined, 2)}
            label={t('accessDetails.statement')}
          />
        </>
      )}
      <dl className={styles.parts}>
        <Part label={t('accessDetails.role')}>
          {withheld && <p>{t('accessDetails.withheld')}</p>}
          {role && <Role role={role} />}
          {!withheld && !role && <p>{t('accessDetails.noRole')}</p>}
        </Part>
        {role && role.exists !== false && (
          <>
            <Part label={t('accessDetails.trust')}>
              <Trust role={role} />
            </Part>
            <Part label={t('accessDetails.sharedWith')}>
              <Sharers role={role} />
            </Part>
          </>
        )}
        {row.move && (
          <Part label={t('accessDetails.move')}>
            <Move move={row.move} />
          </Part>
        )}
        <Part label={t('accessDetails.runs')}>
          <Workloads row={row} />
        </Part>
        <Part label={t('accessDetails.programs')}>
          {!programs && <Missing withheld={withheld} />}
          {programs?.length === 0 && <p>{t('accessDetails.programsNone')}</p>}
          {programs && programs.length > 0 && (
            <ul>
              {programs.map((program, index) => (
                <Program key={index} program={program} />
              ))}
            </ul>
          )}
          {refusedAt && (
            <p title={new Date(refusedAt).toLocaleString()}>
              {t('access.refusedAt', { when: relativeTime(refusedAt) })}
            </p>
          )}
        </Part>
      </dl>
      <MovePlanView row={row} entityRef={row.entityRef} />
      <Text as="p" variant="body-small" color="secondary">
        {t('accessDetails.lookedAt', { when: relativeTime(row.lookedAt) })}
      </Text>
      {associations && roads.includes('pod-identity') && (
        <Link href={`${associations}?${identity}`} variant="body-small">
          {t('accessDetails.openIdentity')}
        </Link>
      )}
    </div>
  );
}
