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
import { useTexts } from '../../hooks/useTexts';
import { Notice, type NoticeTone } from './Notice';
import { useProblemTexts, type ProblemSubject } from './useProblemTexts';

const LOOKS: Record<Problem['kind'], [ReactElement, NoticeTone]> = {
  forbidden: [<RiLockLine key="icon" size={24} />, 'neutral'],
  unauthorized: [<RiUserLine key="icon" size={24} />, 'neutral'],
  'missing-backend': [<RiPlugLine key="icon" size={24} />, 'info'],
  'unknown-entity': [<RiQuestionLine key="icon" size={24} />, 'neutral'],
  error: [<RiCloudOffLine key="icon" size={24} />, 'danger'],
};

/** Takes the place of a page, or of a part of one, that could not be loaded: why, and what to do. */
export function ProblemNotice({
  problem,
  what,
  onRetry,
}: {
  problem: Problem;
  what: ProblemSubject;
  onRetry: () => void;
}) {
  const { t } = useTexts();
  const [icon, tone] = LOOKS[problem.kind];
  const { title, fix } = useProblemTexts()(problem, what);
  return (
    <Notice
      icon={icon}
      tone={tone}
      title={title}
      description={fix}
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
