import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button } from '@backstage/ui';
import {
  RiCloudOffLine,
  RiLockLine,
  RiPlugLine,
  RiQuestionLine,
  RiUserLine,
} from '@remixicon/react';
import type { ReactElement } from 'react';
import type { Problem } from '../../hooks/problems';
import { podIdentityTranslationRef } from '../../translation';
import { Notice, type NoticeTone } from './Notice';

const LOOKS: Record<Problem['kind'], [ReactElement, NoticeTone]> = {
  forbidden: [<RiLockLine key="icon" size={24} />, 'neutral'],
  unauthorized: [<RiUserLine key="icon" size={24} />, 'neutral'],
  'missing-backend': [<RiPlugLine key="icon" size={24} />, 'info'],
  'unknown-entity': [<RiQuestionLine key="icon" size={24} />, 'neutral'],
  error: [<RiCloudOffLine key="icon" size={24} />, 'danger'],
};

/** A whole page, or a part of one, that could not be loaded: why, and what to do. */
export function ProblemNotice({
  problem,
  what,
  onRetry,
}: {
  problem: Problem;
  /** What is missing: one identity, its reports, or a list of them. */
  what: 'identity' | 'reports' | 'fleet';
  onRetry: () => void;
}) {
  const { t } = useTranslationRef(podIdentityTranslationRef);
  const [icon, tone] = LOOKS[problem.kind];
  const texts: Record<Problem['kind'], [string, string?]> = {
    forbidden: [
      what === 'fleet' ? t('problem.forbiddenFleet') : t('problem.forbidden'),
      what === 'fleet'
        ? t('problem.forbiddenFleetFix')
        : t('problem.forbiddenFix'),
    ],
    unauthorized: [
      t('problem.unauthorized'),
      what === 'fleet'
        ? t('problem.unauthorizedFleetFix')
        : t('problem.unauthorizedFix'),
    ],
    'missing-backend': [
      t('problem.missingBackend'),
      t('problem.missingBackendFix'),
    ],
    'unknown-entity': [t('problem.unknownEntity')],
    error: [
      {
        identity: t('problem.unreachable'),
        reports: t('problem.reportsUnreachable'),
        fleet: t('problem.fleetUnreachable'),
      }[what],
      problem.kind === 'error' ? problem.message : undefined,
    ],
  };
  const [title, description] = texts[problem.kind];
  return (
    <Notice
      icon={icon}
      tone={tone}
      title={title}
      description={description}
      action={
        problem.kind === 'error' && (
          <Button variant="secondary" onPress={onRetry}>
            {t('card.retry')}
          </Button>
        )
      }
    />
  );
}
